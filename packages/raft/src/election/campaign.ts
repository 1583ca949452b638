/**
 * Elections as the candidate sees them (Raft §5.2, Ongaro §9.6 for the pre-vote): whether to campaign, whom
 * to ask, and what the answers decide.
 */
import { isVoter } from "../membership/Configuration.ts"
import type { VoteResp } from "../Message.ts"
import { broadcastAppend } from "../replication/send.ts"
import type { State } from "../State.ts"
import { committed } from "./vote.ts"
import { becomeCandidate, becomeFollower, becomeLeader, becomePreCandidate } from "./roles.ts"

/** Learners and removed nodes never lead, nor does a node whose state machine is being replaced. */
export const isPromotable = (state: State): boolean => {
  const self = state.tracker.get(state.id)
  return self !== undefined && !self.isLearner && !state.log.hasPendingSnapshot
}

/**
 * Begins an election, if this node may. `transfer` says that the present leader wishes it: no pre-vote,
 * and voters do not refuse because that leader is alive.
 */
export const campaign = (state: State, transfer: boolean): void => {
  if (state.role === "leader" || !isPromotable(state)) return
  // RA16: with a committed change that is not applied this node would ask the wrong voters.
  if (state.log.hasUnappliedConfChange() && state.breaks.campaignUnapplied !== true) return
  if (state.config.preVote && !transfer) {
    becomePreCandidate(state)
    askForVotes(state, "PreVote", false)
  } else {
    becomeCandidate(state)
    askForVotes(state, "Vote", transfer)
  }
}

const askForVotes = (state: State, tag: "Vote" | "PreVote", transfer: boolean): void => {
  const term = tag === "PreVote" ? state.term + 1 : state.term
  for (const { id } of state.tracker.progress) {
    if (!isVoter(state.configuration, id)) continue
    if (id === state.id) {
      // Its own vote counts when it is durable, as a vote for another would.
      state.outbox.promise({
        _tag: tag === "PreVote" ? "PreVoteResp" : "VoteResp",
        from: id,
        to: id,
        term,
        granted: true,
        commit: 0,
        commitTerm: 0
      })
    } else {
      state.outbox.send({
        _tag: tag,
        from: state.id,
        to: id,
        term,
        lastIndex: state.log.lastIndex,
        lastTerm: state.log.lastTerm,
        transfer,
        ...committed(state)
      })
    }
  }
}

/** An answer to the question that this candidate asks now; others are late. */
export const onVoteAnswer = (state: State, message: VoteResp): void => {
  const asked = state.role === "preCandidate" ? "PreVoteResp" : "VoteResp"
  if (message._tag !== asked) return
  state.tracker.recordVote(message.from, message.granted)
  const { result } = state.tracker.tally()
  if (result === "lost") becomeFollower(state, state.term, undefined)
  if (result !== "won") return
  if (state.role === "preCandidate") {
    becomeCandidate(state)
    askForVotes(state, "Vote", false)
  } else {
    becomeLeader(state)
    broadcastAppend(state)
  }
}
