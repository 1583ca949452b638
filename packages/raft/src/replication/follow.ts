/** What a follower does with its leader's messages (Raft figure 2, AppendEntries; §7 for snapshots). */
import { invariant } from "../invariant.ts"
import type { Log } from "../log/Log.ts"
import type { LogIndex, Term } from "../LogIndex.ts"
import type { App, AppResp, Heartbeat, Snap } from "../Message.ts"
import type { SnapshotMeta } from "../SnapshotMeta.ts"
import type { State } from "../State.ts"

/** Answers are promises about the log, so they wait for the disk (RA11). */
const answer = (
  state: State,
  message: App | Snap,
  index: LogIndex,
  hint: AppResp["hint"] = undefined
): void => {
  const response: AppResp = {
    _tag: "AppResp",
    from: state.id,
    to: message.from,
    term: state.term,
    index,
    hint
  }
  if (state.breaks.answerAppendEarly === true) state.outbox.send(response)
  else state.outbox.promise(response)
}

/**
 * What is committed here stands in the log of every later leader (Raft §5.4). Where it does not, two histories
 * exist, and a node that went on would spread the damage.
 */
const checkHistory = ({ log }: State, { prevIndex, prevTerm, entries }: App): void => {
  checkCommitted(log, prevIndex, prevTerm)
  for (const { index, term } of entries) {
    if (index > log.commit) return
    checkCommitted(log, index, term)
  }
}

const checkCommitted = (log: Log, index: LogIndex, term: Term): void => {
  const known = index > log.commit ? undefined : log.term(index)
  invariant(known === undefined || known === term, "RA4: a leader's log holds what is committed")
}

export const onAppend = (state: State, message: App): void => {
  invariant(state.role !== "leader", "RA2: a leader only appends to its own log")
  checkHistory(state, message)
  const { log } = state
  const { prevIndex, prevTerm, entries } = message
  // An old message: everything up to the commit index is known to be right.
  if (prevIndex < log.commit) return answer(state, message, log.commit)
  const last = log.maybeAppend(prevIndex, prevTerm, entries)
  if (last === undefined) {
    const from = Math.min(prevIndex, log.lastIndex)
    return answer(state, message, prevIndex, log.findConflictByTerm(from, prevTerm))
  }
  // What lies behind the last new entry was not compared with the leader's log.
  log.commitTo(Math.min(message.commit, last))
  answer(state, message, last)
}

export const onHeartbeat = (state: State, message: Heartbeat): void => {
  state.log.commitTo(message.commit)
  state.outbox.send({
    _tag: "HeartbeatResp",
    from: state.id,
    to: message.from,
    term: state.term,
    read: message.read
  })
}

export const onSnapshot = (state: State, message: Snap): void => {
  const restored = restore(state, message.snapshot)
  answer(state, message, restored ? state.log.lastIndex : state.log.commit)
}

/**
 * Takes a snapshot in place of the log, unless it brings nothing new. Where the log already holds its last
 * entry, only the commit index moves: the entries behind it are worth keeping. It may be older than this
 * node's membership: then the entry that makes it a member follows.
 */
const restore = (state: State, snapshot: SnapshotMeta): boolean => {
  const { log } = state
  const { index, term, configuration } = snapshot
  if (index <= log.commit) return false
  if (log.matches(index, term)) {
    log.commitTo(index)
    return false
  }
  log.restore(snapshot)
  state.tracker.reconfigure(configuration, index)
  return true
}
