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
  readonly done: Deferred.Deferred<boolean, StorageFailed>
}

/** So many slow writes in so long a time are no accident. */
const slowMax = 3
const slowWithinMs = 60_000
/** One write that takes so many times as long as a slow one may never end. */
const hungTimes = 3

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
 *
 * All is done in the order in which it came: a snapshot of this node goes neither before entries that
 * are in it, nor behind a newer one that the leader sent.
 */
export class DiskQueue {
  readonly #storage: LogStorage["Service"]
  readonly #onDurable: (durable: Durable) => void
  readonly #breaks: Breaks
  readonly #nowMs: () => number
  readonly #slowAfterMs: number
  readonly #wake = Latch.makeUnsafe(false)
  #jobs: Array<Batch | Compaction> = []
  /** Batches that are not durable yet. */
  #pending = 0
  #slowMs: ReadonlyArray<number> = []
  /** When the write began that is under way. */
  #writingSinceMs: number | undefined = undefined
  /** The newest snapshot that was handed to the storage. */
  #newest: LogIndex = 0

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
    this.#jobs.push(batch)
    this.#pending += 1
    this.#wake.openUnsafe()
  }

  /** Nothing waits and nothing is being written. */
  get isIdle(): boolean {
    return this.#pending === 0
  }

  /** Batches that wait, and those that are being written. */
  get pending(): number {
    return this.#pending
  }

  /** Writes have been slow again and again, or one does not end: a node with another disk would lead better. */
  get isSlow(): boolean {
    const now = this.#nowMs()
    const isHung = now - (this.#writingSinceMs ?? now) > hungTimes * this.#slowAfterMs
    return isHung || this.#slowMs.filter((at) => at > now - slowWithinMs).length >= slowMax
  }

  /** Ends when it is durable. `false`: it is not, since there is a newer one. */
  compact(snapshot: SnapshotMeta, keepFrom: LogIndex): Effect.Effect<boolean, StorageFailed> {
    return Effect.suspend(() => {
      const done = Deferred.makeUnsafe<boolean, StorageFailed>()
      this.#jobs.push({ snapshot, keepFrom, done })
      this.#wake.openUnsafe()
      return Deferred.await(done)
    })
  }

  /** Never ends by itself. Fails when the storage does: then the node must stop. */
  readonly run: Effect.Effect<never, StorageFailed> = Effect.suspend(() =>
    Effect.andThen(this.#wake.await, () => {
      this.#wake.closeUnsafe()
      const jobs = this.#jobs
      this.#jobs = []
      return Effect.forEach(
        groups(jobs),
        (group) => (isBatches(group) ? this.#write(group) : this.#compact(group)),
        { discard: true }
      )
    })
  ).pipe(Effect.forever)

  #write(batches: ReadonlyArray<Batch>): Effect.Effect<void, StorageFailed> {
    const snapshot = batches.findLast((batch) => batch.snapshot !== undefined)?.snapshot
    if (snapshot !== undefined) this.#newest = snapshot.index
    const durable: Durable = {
      batch: batches.at(-1)!.batch,
      messages: batches.flatMap(({ afterPersist }) => afterPersist),
      snapshot
    }
    // A commit index alone may lag; it is written with the next entries.
    const written = batches.some(({ mustSync }) => mustSync)
      ? this.#storage.write(batches)
      : Effect.void
    const startedMs = this.#nowMs()
    this.#writingSinceMs = startedMs
    const tell = Effect.sync(() => {
      this.#pending -= batches.length
      this.#writingSinceMs = undefined
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

  #compact({ done, keepFrom, snapshot }: Compaction): Effect.Effect<unknown, StorageFailed> {
    if (snapshot.index < this.#newest) return Deferred.succeed(done, false)
    this.#newest = snapshot.index
    return this.#storage.compact(snapshot, keepFrom).pipe(
      Effect.tap(() => Deferred.succeed(done, true)),
      Effect.tapError((error) => Deferred.fail(done, error))
    )
  }
}

/** Batches that follow each other go together; the order stays. */
const groups = (
  jobs: ReadonlyArray<Batch | Compaction>
): ReadonlyArray<ReadonlyArray<Batch> | Compaction> => {
  const found: Array<Array<Batch> | Compaction> = []
  for (const job of jobs) {
    const last = found.at(-1)
    if ("done" in job) found.push(job)
    else if (Array.isArray(last)) last.push(job)
    else found.push([job])
  }
  return found
}

const isBatches = (group: ReadonlyArray<Batch> | Compaction): group is ReadonlyArray<Batch> =>
  Array.isArray(group)
