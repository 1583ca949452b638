/** What the answers of followers tell the leader (Raft §5.3), and what commits because of them (§5.4.2). */
import { invariant } from "../invariant.ts"
import type { AppResp, HeartbeatResp } from "../Message.ts"
import type { Progress } from "../progress/Progress.ts"
import { confirmReads, releaseHeldReads } from "../reading/read.ts"
import type { State } from "../State.ts"
import { broadcastAppend, sendAppend, sendTimeoutNow } from "./send.ts"

/**
 * Commits what a quorum has, but by counting only an entry of the own term (RA6): entries of earlier
 * terms that a quorum has can still be replaced (Raft figure 8).
 */
export const advanceCommit = (state: State): boolean => {
  const index = state.tracker.committed()
  if (index <= state.log.commit) return false
  if (state.breaks.commitEarlierTerms === true) state.log.commitTo(index)
  else if (!state.log.maybeCommit(index, state.term)) return false
  releaseHeldReads(state)
  return true
}

export const onAppendAnswer = (state: State, message: AppResp): void => {
  const progress = state.tracker.get(message.from)
  if (progress === undefined) return
  progress.recentActive = true
  if (message.hint !== undefined) onRefused(state, progress, message.index, message.hint)
  else onAccepted(state, progress, message)
}

/** Skips a whole term of the follower's log at a time, instead of one entry (Raft §5.3, at its end). */
const onRefused = (
  state: State,
  progress: Progress,
  refused: number,
  hint: NonNullable<AppResp["hint"]>
): void => {
  const match =
    hint.term > 0 ? state.log.findConflictByTerm(hint.index, hint.term).index : hint.index
  if (!progress.maybeDecrease(refused, match)) return
  if (progress.state === "replicate") progress.becomeProbe()
  sendAppend(state, progress, true)
}

const onAccepted = (state: State, progress: Progress, message: AppResp): void => {
  const { index, from } = message
  invariant(index <= state.log.lastIndex, "RA4: a follower has no entries that its leader lacks")
  const isNews =
    progress.maybeUpdate(index) || (progress.match === index && progress.state === "probe")
  if (!isNews) return
  resume(state, progress, index)
  if (advanceCommit(state)) {
    broadcastAppend(state)
  } else if (from !== state.id && progress.canBumpCommit(state.log.commit)) {
    sendAppend(state, progress, true)
  }
  if (from === state.id) return
  // The window has room again, perhaps for several messages.
  while (sendAppend(state, progress, false)) {}
  if (from === state.transferee && progress.match === state.log.lastIndex) {
    sendTimeoutNow(state, from)
  }
}

/** The follower's log matches at `index`: from here on entries may flow without waiting for answers. */
const resume = (state: State, progress: Progress, index: number): void => {
  if (progress.state === "probe") progress.becomeReplicate()
  else if (progress.state === "replicate") progress.inflights.freeUpTo(index)
  else if (progress.match + 1 >= state.log.firstIndex) {
    // It has caught up with the retained log, with or without the snapshot that was sent.
    progress.becomeProbe()
    progress.becomeReplicate()
  }
}

export const onHeartbeatAnswer = (state: State, message: HeartbeatResp): void => {
  const progress = state.tracker.get(message.from)
  if (progress === undefined) return
  progress.recentActive = true
  progress.isFlowPaused = false
  // An answer shows that messages arrive again, so what got lost before is probed for.
  if (progress.match < state.log.lastIndex || progress.state === "probe") {
    sendAppend(state, progress, true)
  }
  if (message.read > 0) {
    state.reads.acknowledge(message.from, message.read)
    confirmReads(state)
  }
}
