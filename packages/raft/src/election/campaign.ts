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

/**
 * A request for a vote claims a term, and the entries that its log ends with, so it is a promise and waits
 * for the disk. If it left earlier, a crash could forget both, and a late answer to the former life would
 * elect the next one in the same term, with less in its log. A pre-vote claims nothing.
 */
const askForVotes = (state: State, tag: "Vote" | "PreVote", transfer: boolean): void => {
  const { id: from, log, outbox } = state
  const { lastIndex, lastTerm } = log
  const term = tag === "PreVote" ? state.term + 1 : state.term
  const known = committed(state)
  for (const { id: to } of state.tracker.progress) {
    if (!isVoter(state.configuration, to)) continue
    if (to === from) {
      // Its own vote counts when it is durable, as a vote for another would.
      const answer = tag === "PreVote" ? "PreVoteResp" : "VoteResp"
      outbox.promise({ _tag: answer, from, to, term, granted: true, commit: 0, commitTerm: 0 })
    } else {
      const question = { _tag: tag, from, to, term, lastIndex, lastTerm, transfer, ...known }
      if (tag === "Vote" && state.breaks.askVoteEarly !== true) outbox.promise(question)
      else outbox.send(question)
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
