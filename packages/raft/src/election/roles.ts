/**
 * Changes of role (Raft figure 4). Each enters with a clean slate for its term, so nothing that an earlier
 * term believed about followers, votes or reads is left.
 */
import type { IncarnationId } from "../IncarnationId.ts"
import { invariant } from "../invariant.ts"
import type { Term } from "../LogIndex.ts"
import { ReadQueue } from "../reading/ReadQueue.ts"
import { appendNoop } from "../replication/append.ts"
import type { State } from "../State.ts"

/** Random in [electionTicks, 2 electionTicks), so that split votes are rare (Raft §5.2). */
export const drawElectionTimeout = (state: State): void => {
  const ticks = state.config.electionTicks
  state.randomizedElectionTicks = ticks + Math.floor(state.random() * ticks)
}

const reset = (state: State, term: Term): void => {
  invariant(term >= state.term, "RA7: the term never goes back")
  if (term !== state.term) {
    state.term = term
    state.vote = undefined
  }
  state.leader = undefined
  state.electionElapsed = 0
  state.heartbeatElapsed = 0
  drawElectionTimeout(state)
  state.transferee = undefined
  state.tracker.reset(state.log.lastIndex, state.id)
  state.pendingConfIndex = 0
  state.uncommittedBytes = 0
  forgetReads(state)
}

/** Reads of this node learn that nobody confirmed them; those of others time out at their nodes. */
const forgetReads = (state: State): void => {
  if (state.reads.size > 0) {
    for (const read of state.reads.unanswered) {
      if (read.from === state.id) state.outbox.refuse(read.token, undefined, "NotLeader")
    }
  }
  state.reads = new ReadQueue()
}

export const becomeFollower = (
  state: State,
  term: Term,
  leader: IncarnationId | undefined
): void => {
  reset(state, term)
  state.role = "follower"
  state.leader = leader
}

/** Asks first: the term stays, so a node that cannot win disturbs nobody (Ongaro §9.6). */
export const becomePreCandidate = (state: State): void => {
  invariant(state.role !== "leader", "RA1: a leader does not campaign")
  state.role = "preCandidate"
  state.leader = undefined
  state.tracker.resetVotes()
}

export const becomeCandidate = (state: State): void => {
  invariant(state.role !== "leader", "RA1: a leader does not campaign")
  reset(state, state.term + 1)
  state.role = "candidate"
  state.vote = state.id
}

/**
 * A new leader cannot know which entries of earlier terms are committed, so it begins with an entry of its
 * own (Raft §8). Changes of membership wait until everything that it found in its log is applied (RA10).
 */
export const becomeLeader = (state: State): void => {
  invariant(state.role === "candidate", "RA1: only a candidate becomes leader")
  reset(state, state.term)
  state.role = "leader"
  state.leader = state.id
  const self = state.tracker.get(state.id)
  invariant(self !== undefined, "RA10: a leader is a member when it is elected")
  self.becomeReplicate()
  self.recentActive = true
  state.pendingConfIndex = state.log.lastIndex
  appendNoop(state)
}
