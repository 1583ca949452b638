/** Elections as the voter sees them (Raft §5.2, §5.4.1). */
import type { Vote } from "../Message.ts"
import type { State } from "../State.ts"

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
  const answer = {
    _tag: message._tag === "PreVote" ? "PreVoteResp" : "VoteResp",
    from: state.id,
    to: message.from,
    // A grant is for the term that was asked for; a refusal tells the term that the candidate missed.
    term: granted ? message.term : state.term,
    granted
  } as const
  if (state.breaks.answerVoteEarly === true) state.outbox.send(answer)
  else state.outbox.promise(answer)
}
