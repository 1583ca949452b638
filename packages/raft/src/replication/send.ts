/**
 * What a leader sends to its followers (Raft §5.3): entries as far as the follower's window allows, a
 * snapshot where the entries are gone, heartbeats.
 */
import { entryBytes } from "../Entry.ts"
import type { IncarnationId } from "../IncarnationId.ts"
import type { Progress } from "../progress/Progress.ts"
import type { State } from "../State.ts"

/** Entries after what the follower is believed to have. Says whether something was sent. */
export const sendAppend = (state: State, progress: Progress, evenIfEmpty: boolean): boolean => {
  if (progress.isPaused) return false
  const { log } = state
  const prevIndex = progress.next - 1
  const prevTerm = log.term(prevIndex)
  if (prevTerm === undefined) return sendSnapshot(state, progress)
  const hasRoom = progress.state !== "replicate" || !progress.inflights.isFull
  const entries =
    hasRoom && progress.next <= log.lastIndex
      ? log.slice(progress.next, state.config.messageMaxBytes)
      : []
  if (entries.length === 0 && !evenIfEmpty) return false
  state.outbox.send({
    _tag: "App",
    from: state.id,
    to: progress.id,
    term: state.term,
    prevIndex,
    prevTerm,
    entries,
    commit: log.commit
  })
  let bytes = 0
  for (const entry of entries) bytes += entryBytes(entry)
  progress.sentEntries(entries.length, bytes)
  progress.sentCommit = log.commit
  return true
}

/** A follower that was silent gets none: it may be gone, and a snapshot is large. */
const sendSnapshot = (state: State, progress: Progress): boolean => {
  if (!progress.recentActive) return false
  const { snapshot } = state.log
  progress.becomeSnapshot(snapshot.index)
  state.outbox.send({
    _tag: "Snap",
    from: state.id,
    to: progress.id,
    term: state.term,
    snapshot
  })
  return true
}

/** To all others: new entries, or else the commit index and the question whether the logs match. */
export const broadcastAppend = (state: State): void => {
  for (const progress of state.tracker.progress) {
    if (progress.id !== state.id) sendAppend(state, progress, true)
  }
}

/** Heartbeats carry no entries, and no commit index above what the follower is known to have. */
export const broadcastHeartbeat = (state: State): void => {
  const read = state.reads.position
  for (const progress of state.tracker.progress) {
    if (progress.id === state.id) continue
    const commit = Math.min(progress.match, state.log.commit)
    state.outbox.send({
      _tag: "Heartbeat",
      from: state.id,
      to: progress.id,
      term: state.term,
      commit,
      read
    })
    progress.sentCommit = commit
  }
}

/** To the node that leads next: campaign now, without waiting for a timeout. */
export const sendTimeoutNow = (state: State, to: IncarnationId): void =>
  state.outbox.send({ _tag: "TimeoutNow", from: state.id, to, term: state.term })
