/** Proposals, which only a leader takes (Raft §5.3; §4.1 of Ongaro for membership). */
import { entryBytes, headBytes, type Entry } from "../Entry.ts"
import { invariant } from "../invariant.ts"
import type { LogTime } from "../LogIndex.ts"
import { applyChange } from "../membership/change.ts"
import type { ConfChange } from "../membership/ConfChange.ts"
import { encodeChange } from "../membership/ConfChangeCodec.ts"
import type { RefusalReason } from "../Output.ts"
import type { State } from "../State.ts"
import { appendEntries, entryTime } from "./append.ts"
import { broadcastAppend } from "./send.ts"

/** Nothing is stored of a refused proposal. */
const refusal = (state: State, bytes: number): RefusalReason | undefined => {
  if (state.role !== "leader" || state.tracker.get(state.id) === undefined) return "NotLeader"
  if (state.transferee !== undefined) return "Transferring"
  if (state.uncommittedBytes + bytes > state.config.uncommittedMaxBytes) return "Overloaded"
  return undefined
}

export const propose = (
  state: State,
  token: number,
  data: ReadonlyArray<Uint8Array>,
  timeMs: LogTime
): void => {
  invariant(data.length > 0, "RA15: a proposal holds an entry")
  let bytes = 0
  for (const item of data) {
    invariant(
      item.length <= state.config.entryMaxBytes,
      "RA15: the shell refuses entries over the limit"
    )
    bytes += headBytes + item.length
  }
  const reason = refusal(state, bytes)
  if (reason !== undefined) return state.outbox.refuse(token, state.leader, reason)
  const first = state.log.lastIndex + 1
  const time = entryTime(state, timeMs)
  const entries = data.map((item, offset): Entry => ({
    term: state.term,
    index: first + offset,
    kind: "command",
    time,
    data: item
  }))
  appendEntries(state, entries)
  state.outbox.accept(token, first, state.log.lastIndex, state.term)
  broadcastAppend(state)
}

/**
 * One change at a time (RA10): the next is proposed only when the one before it, and all that this leader
 * found in its log when it was elected, are applied here.
 */
const changeRefusal = (state: State, change: ConfChange): RefusalReason | undefined => {
  // While a change is pending, the configuration that the next one would meet is not known.
  const isPending = state.pendingConfIndex > state.log.applied
  if (isPending) return state.breaks.changeWhilePending === true ? undefined : "ConfChangePending"
  return typeof applyChange(state.configuration, change) === "string" ? "InvalidChange" : undefined
}

export const proposeChange = (
  state: State,
  token: number,
  change: ConfChange,
  timeMs: LogTime
): void => {
  const entry = changeEntry(state, change, timeMs)
  const reason = refusal(state, entryBytes(entry)) ?? changeRefusal(state, change)
  if (reason !== undefined) return state.outbox.refuse(token, state.leader, reason)
  appendChange(state, entry)
  state.outbox.accept(token, entry.index, entry.index, entry.term)
}

/** The leader leaves a joint configuration by itself, as soon as it is applied and no transfer is going on. */
export const proposeLeaveJoint = (state: State): void => {
  if (!state.configuration.autoLeave || state.pendingConfIndex > state.log.applied) return
  if (refusal(state, 0) !== undefined) return
  appendChange(state, changeEntry(state, { transition: "Auto", changes: [] }, state.log.lastTime))
}

const changeEntry = (state: State, change: ConfChange, timeMs: LogTime): Entry => ({
  term: state.term,
  index: state.log.lastIndex + 1,
  kind: "confChange",
  time: entryTime(state, timeMs),
  data: encodeChange(change)
})

const appendChange = (state: State, entry: Entry): void => {
  state.pendingConfIndex = entry.index
  appendEntries(state, [entry])
  broadcastAppend(state)
}
