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
  readonly #wake = Latch.makeUnsafe(false)
  #batches: Array<Batch> = []
  #isWriting = false
  #compactions: Array<Compaction> = []

  constructor(
    storage: LogStorage["Service"],
    onDurable: (durable: Durable) => void,
    breaks: Breaks
  ) {
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
    const tell = Effect.sync(() => {
      this.#isWriting = false
      this.#onDurable(durable)
    })
    return this.#breaks.acknowledgeBeforeSync === true
      ? Effect.andThen(tell, written)
      : Effect.andThen(written, tell)
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
