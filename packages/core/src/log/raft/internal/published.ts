import type { Entry } from "@distri/raft/Entry"
import type { LogView } from "@distri/raft/RaftView"
import type { LogIndex } from "@distri/raft/LogIndex"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { entryBytes, type LogEntry } from "../../ReplicatedLog.ts"

/** What a reader gets at once: enough to batch, little enough to let others run. */
const batchMax = 256
const batchMaxBytes = 512 * 1024

/**
 * What of the log may be read: committed entries that are retained, a signal for those who wait for
 * more, and how many bytes it all takes.
 */
export class Published {
  readonly #log: LogView
  /** The last one that may be read. */
  last: LogIndex
  /** There is something to tell those who wait. */
  isNew = false
  #bytes = 0
  #grown = Deferred.makeUnsafe<void>()

  constructor(log: LogView) {
    this.#log = log
    this.last = log.snapshot.index
    for (let at = log.firstIndex; at <= this.last; at += 1) this.#bytes += bytesAt(log, at)
  }

  /** A cloud begins with an empty snapshot at index 1, which reads as an entry that says nothing. */
  get first(): LogIndex {
    const { firstIndex, snapshot } = this.#log
    return firstIndex === 2 && snapshot.index === 1 ? 1 : firstIndex
  }

  get retainedBytes(): number {
    return this.#bytes
  }

  add(entries: ReadonlyArray<Entry>): void {
    for (const { data } of entries) this.#bytes += entryBytes(data)
    this.last = entries.at(-1)?.index ?? this.last
    this.isNew = true
  }

  /** Entries before `keepFrom` are about to go. */
  drop(keepFrom: LogIndex): void {
    for (let at = this.#log.firstIndex; at < keepFrom; at += 1)
      this.#bytes -= bytesAt(this.#log, at)
  }

  /** A snapshot took the place of everything up to `index`. */
  reset(index: LogIndex): void {
    this.#bytes = 0
    this.last = index
    this.isNew = true
  }

  wakeIfNew(): void {
    if (this.isNew) this.wake()
  }

  wake(): void {
    this.isNew = false
    const signal = this.#grown
    this.#grown = Deferred.makeUnsafe()
    Deferred.doneUnsafe(signal, Effect.void)
  }

  /** Waits until the next `wake`. */
  readonly changed: Effect.Effect<void> = Effect.suspend(() => Deferred.await(this.#grown))

  /** From `from` on, which is retained, as far as it may be read. */
  from(from: LogIndex): ReadonlyArray<LogEntry> {
    const entries: Array<LogEntry> = []
    let bytes = 0
    for (let at = from; at <= this.last && entries.length < batchMax; at += 1) {
      const entry = toLogEntry(this.#log.entry(at), at)
      bytes += entryBytes(entry.data)
      if (bytes > batchMaxBytes && entries.length > 0) break
      entries.push(entry)
    }
    return entries
  }
}

const bytesAt = (log: LogView, index: LogIndex): number => {
  const entry = log.entry(index)
  return entry === undefined ? 0 : entryBytes(entry.data)
}

const nothing = new Uint8Array()

const toLogEntry = (entry: Entry | undefined, index: LogIndex): LogEntry =>
  ({
    index,
    time: entry?.time ?? 0,
    kind: entry?.kind === "command" ? "command" : "internal",
    data: entry?.kind === "command" ? entry.data : nothing
  }) as LogEntry
