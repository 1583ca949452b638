/** Elections as the voter sees them (Raft §5.2, §5.4.1). */
import type { LogIndex, Term } from "../LogIndex.ts"
import type { Vote, VoteResp } from "../Message.ts"
import type { State } from "../State.ts"
import { becomeFollower } from "./roles.ts"

/**
 * While a leader is alive, a voter does not listen to candidates (Ongaro §4.2.3): a node that missed some
 * heartbeats must not depose it. The leader itself can allow it, for a transfer.
 */
export const refusesToListen = (state: State, message: Vote): boolean =>
  state.config.checkQuorum &&
  !message.transfer &&
  state.leader !== undefined &&
  state.electionElapsed < state.config.electionTicks

/**
 * At most one vote a term (RA1, RA8), and only for a log at least as new as the own (RA4). The promise of
 * a pre-vote binds nobody. Learners answer too: they may have been promoted without knowing.
 */
export const onVoteRequest = (state: State, message: Vote): void => {
  const mayVote =
    state.vote === message.from ||
    (state.vote === undefined && state.leader === undefined) ||
    (message._tag === "PreVote" && message.term > state.term) ||
    state.breaks.voteTwice === true
  const isNewEnough =
    state.log.isUpToDate(message.lastIndex, message.lastTerm) ||
    state.breaks.voteForStaleLog === true
  const granted = mayVote && isNewEnough
  if (granted && message._tag === "Vote") {
    state.electionElapsed = 0
    state.vote = message.from
  }
  // A grant is for the term that was asked for; a refusal tells the term that the candidate missed.
  answerVote(state, message, granted ? message.term : state.term, granted)
}

export const answerVote = (state: State, message: Vote, term: Term, granted: boolean): void => {
  const answer: VoteResp = {
    _tag: message._tag === "PreVote" ? "PreVoteResp" : "VoteResp",
    from: state.id,
    to: message.from,
    term,
    granted,
    ...(granted ? nothing : committed(state))
  }
  if (state.breaks.answerVoteEarly === true) state.outbox.send(answer)
  else state.outbox.promise(answer)
}

/** Who wins commits by an entry of its own term; it needs no word of earlier ones. */
const nothing = { commit: 0, commitTerm: 0 }

/** What this node knows to be committed, for the other end of a vote. */
export const committed = ({
  log
}: State): { readonly commit: LogIndex; readonly commitTerm: Term } => ({
  commit: log.commit,
  commitTerm: log.term(log.commit) ?? 0
})

/**
 * A removed leader may be the only one who knows that its removal is committed: the others have the entry,
 * still ask the old voters, and it refuses them, because its log is longer. So it says what it knows with
 * its refusal (tikv/raft-rs has the same, `maybe_commit_by_vote`).
 */
export const learnCommit = (state: State, { commit, commitTerm }: Vote | VoteResp): void => {
  if (state.role === "leader" || !state.log.maybeCommit(commit, commitTerm)) return
  // RA16: an election is not finished by voters who may not be the right ones.
  if (state.role !== "follower" && state.log.hasUnappliedConfChange()) {
    becomeFollower(state, state.term, undefined)
  }
}
