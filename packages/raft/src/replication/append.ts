import type { Entry } from "../Entry.ts"
import { entryBytes } from "../Entry.ts"
import type { LogTime } from "../LogIndex.ts"
import type { State } from "../State.ts"

const noData = new Uint8Array(0)

/** A time of the log never goes back, whatever the clock of a leader does. */
export const entryTime = (state: State, timeMs: LogTime): LogTime =>
  Math.max(timeMs, state.log.lastTime)

/**
 * Puts entries of the leader at the end of its log (RA2: nothing else changes there), and promises itself
 * an acknowledgement: the leader counts for an entry only when its own disk has it.
 */
export const appendEntries = (state: State, entries: ReadonlyArray<Entry>): void => {
  for (const entry of entries) state.uncommittedBytes += entryBytes(entry)
  state.log.append(entries)
  state.outbox.promise({
    _tag: "AppResp",
    from: state.id,
    to: state.id,
    term: state.term,
    index: state.log.lastIndex,
    hint: undefined
  })
}

export const appendNoop = (state: State): void =>
  appendEntries(state, [
    {
      term: state.term,
      index: state.log.lastIndex + 1,
      kind: "noop",
      time: state.log.lastTime,
      data: noData
    }
  ])
