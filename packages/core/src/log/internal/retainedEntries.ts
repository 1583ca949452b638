import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import { next, start, type LogIndex, type LogTime } from "@distri/store/value/LogIndex"
import { entryBytes, type LogEntry } from "../ReplicatedLog.ts"

/** How many entries a reader gets at once: enough to batch, few enough to yield between. */
const batchMax = 256

/** The entries that a log in memory still holds, and a signal for the readers at its end. */
export const make = (maxBytes: number) => {
  const entries: Array<LogEntry> = []
  let first = next(start)
  let time = 0 as LogTime
  let bytes = 0
  const full = Latch.makeUnsafe()
  let grown = Deferred.makeUnsafe<void>()

  const last = () => (first + entries.length - 1) as LogIndex
  const wake = () => {
    const signal = grown
    grown = Deferred.makeUnsafe()
    Deferred.doneUnsafe(signal, Effect.void)
  }
  return {
    first: () => first,
    last,
    /** Ends the wait of every reader; each looks again. */
    wake,
    /** Waits until the next `wake`. */
    changed: Effect.suspend(() => Deferred.await(grown)),
    /** Waits until the next entry for which there is no room. */
    full: full.await,
    /** Nothing, if there is no room. */
    add: (nowMs: number, data: Uint8Array): LogIndex | undefined => {
      if (bytes + entryBytes(data) > maxBytes) {
        // Only who waits now goes on.
        full.openUnsafe()
        full.closeUnsafe()
        return undefined
      }
      time = Math.max(time, Math.floor(nowMs)) as LogTime
      const index = next(last())
      // A copy: the caller may go on to use its buffer.
      entries.push({ index, time, kind: "command", data: data.slice() })
      bytes += entryBytes(data)
      wake()
      return index
    },
    from: (index: LogIndex): ReadonlyArray<LogEntry> =>
      entries.slice(index - first, index - first + batchMax),
    /** Lets go of everything up to `through`. */
    drop: (through: LogIndex) => {
      const dropped = entries.splice(0, Math.max(0, through - first + 1))
      for (const entry of dropped) bytes -= entryBytes(entry.data)
      first = (first + dropped.length) as LogIndex
    }
  }
}
