import type { LogIndex } from "@distri/raft/LogIndex"
import type { Message } from "@distri/raft/Message"
import type { Batch } from "@distri/raft/Output"
import type { SnapshotMeta } from "@distri/raft/SnapshotMeta"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import type { LogStorage, StorageFailed } from "../../storage/LogStorage.ts"
import type { Breaks } from "../Breaks.ts"

interface Compaction {
  readonly snapshot: SnapshotMeta
  readonly keepFrom: LogIndex
  readonly done: Deferred.Deferred<void, StorageFailed>
}

/** So many slow writes in so long a time are no accident. */
const slowMax = 3
const slowWithinMs = 60_000

/** What became durable, and what may be said now. */
export interface Durable {
  /** The last batch that is durable, with all before it. */
  readonly batch: number
  readonly messages: ReadonlyArray<Message>
  readonly snapshot: SnapshotMeta | undefined
}

/**
 * Writes what the core hands out, one write and one sync at a time. What comes meanwhile goes into
 * the next write together, so batches grow with the load and a lone one does not wait.
 */
export class DiskQueue {
  readonly #storage: LogStorage["Service"]
  readonly #onDurable: (durable: Durable) => void
  readonly #breaks: Breaks
  readonly #nowMs: () => number
  readonly #slowAfterMs: number
  readonly #wake = Latch.makeUnsafe(false)
  #batches: Array<Batch> = []
  #isWriting = false
  #slowMs: ReadonlyArray<number> = []
  #compactions: Array<Compaction> = []

  constructor(
    storage: LogStorage["Service"],
    onDurable: (durable: Durable) => void,
    breaks: Breaks,
    clock: {
      readonly nowMs: () => number
      /** A write that takes longer is slow. */
      readonly slowAfterMs: number
    }
  ) {
    this.#nowMs = clock.nowMs
    this.#slowAfterMs = clock.slowAfterMs
    this.#storage = storage
    this.#onDurable = onDurable
    this.#breaks = breaks
  }

  add(batch: Batch): void {
    this.#batches.push(batch)
    this.#wake.openUnsafe()
  }

  /** Nothing waits and nothing is being written. */
  get isIdle(): boolean {
    return !this.#isWriting && this.#batches.length === 0
  }

  /** Writes have been slow again and again: a node with another disk would lead better. */
  get isSlow(): boolean {
    const since = this.#nowMs() - slowWithinMs
    return this.#slowMs.filter((at) => at > since).length >= slowMax
  }

  /** Ends when it is durable. */
  compact(snapshot: SnapshotMeta, keepFrom: LogIndex): Effect.Effect<void, StorageFailed> {
    return Effect.suspend(() => {
      const done = Deferred.makeUnsafe<void, StorageFailed>()
      this.#compactions.push({ snapshot, keepFrom, done })
      this.#wake.openUnsafe()
      return Deferred.await(done)
    })
  }

  /** Never ends by itself. Fails when the storage does: then the node must stop. */
  readonly run: Effect.Effect<never, StorageFailed> = Effect.suspend(() =>
    Effect.andThen(this.#wake.await, () => {
      this.#wake.closeUnsafe()
      const batches = this.#batches
      const compactions = this.#compactions
      this.#batches = []
      this.#compactions = []
      this.#isWriting = batches.length > 0
      return Effect.andThen(this.#write(batches), this.#compact(compactions))
    })
  ).pipe(Effect.forever)

  #write(batches: ReadonlyArray<Batch>): Effect.Effect<void, StorageFailed> {
    const last = batches.at(-1)
    if (last === undefined) return Effect.void
    const durable: Durable = {
      batch: last.batch,
      messages: batches.flatMap(({ afterPersist }) => afterPersist),
      snapshot: batches.findLast(({ snapshot }) => snapshot !== undefined)?.snapshot
    }
    // A commit index alone may lag; it is written with the next entries.
    const written = batches.some(({ mustSync }) => mustSync)
      ? this.#storage.write(batches)
      : Effect.void
    const startedMs = this.#nowMs()
    const tell = Effect.sync(() => {
      this.#isWriting = false
      this.#measure(startedMs)
      this.#onDurable(durable)
    })
    return this.#breaks.acknowledgeBeforeSync === true
      ? Effect.andThen(tell, written)
      : Effect.andThen(written, tell)
  }

  #measure(startedMs: number): void {
    const now = this.#nowMs()
    if (now - startedMs > this.#slowAfterMs)
      this.#slowMs = [...this.#slowMs.slice(1 - slowMax), now]
  }

  #compact(compactions: ReadonlyArray<Compaction>): Effect.Effect<void, StorageFailed> {
    return Effect.forEach(
      compactions,
      ({ done, keepFrom, snapshot }) =>
        this.#storage.compact(snapshot, keepFrom).pipe(
          Effect.tap(() => Deferred.succeed(done, undefined)),
          Effect.tapError((error) => Deferred.fail(done, error))
        ),
      { discard: true }
    )
  }
}
