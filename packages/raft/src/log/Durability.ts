import type { Breaks } from "../internal/breaks.ts"
import { invariant } from "../invariant.ts"
import type { LogIndex } from "../LogIndex.ts"
import type { Batch } from "../Output.ts"
import type { SnapshotMeta } from "../SnapshotMeta.ts"

/** What a batch changes in the log on the disk. */
export type LogChange = Pick<Batch, "truncateFrom" | "entries" | "snapshot">

export const noChange: LogChange = { truncateFrom: undefined, entries: [], snapshot: undefined }

/** A batch that was handed out and is not confirmed. */
export interface BatchUnderWay {
  readonly batch: number
  /** The last entry of the present log that the disk holds when this batch is durable. */
  last: LogIndex
  readonly snapshot: SnapshotMeta | undefined
}

/**
 * Knows which entries of the present log the own disk holds.
 *
 * Terms can return: leader A's entries, then C's, then A's again at the same index. While C's are on
 * their way to the disk, the answer that A's first entries were written proves nothing about A's entries
 * now, though index and term are the same. So nothing is compared: what is cut off is taken from
 * `durable`, and from what each batch under way will make durable, at once.
 */
export class Durability {
  /** The last entry that the disk is known to hold. Invariant: durable <= written. */
  durable: LogIndex
  /** The last entry that was handed out, in this or an earlier batch; those behind it were not yet. */
  written: LogIndex
  /** Where the disk must forget entries before it takes those behind `written`. */
  truncateFrom: LogIndex | undefined = undefined
  /** A received snapshot that was not handed out yet. */
  snapshot: SnapshotMeta | undefined = undefined
  /** In the order of the batches; `last` never falls along it. */
  readonly underWay: Array<BatchUnderWay> = []
  private readonly breaks: Breaks

  constructor(restored: LogIndex, breaks: Breaks) {
    this.durable = restored
    this.written = restored
    this.breaks = breaks
  }

  /** Whether something of a log that ends at `last` was not handed out. */
  owes(last: LogIndex): boolean {
    return last > this.written || this.truncateFrom !== undefined || this.snapshot !== undefined
  }

  /** The log forgets `index` and all behind it. */
  cut(index: LogIndex): void {
    // What was never handed out is not on the disk either.
    if (index > this.written) return
    this.written = index - 1
    this.truncateFrom = index
    this.keepAtMost(index - 1)
  }

  /** `snapshot` replaces the log. All up to `commit` is in it, so what the disk holds of that stays true. */
  replace(snapshot: SnapshotMeta, commit: LogIndex): void {
    this.written = snapshot.index
    this.truncateFrom = undefined
    this.snapshot = snapshot
    this.keepAtMost(commit)
  }

  /** All up to `last` is now under way to the disk, the latest of it with `batch`. */
  handOut(batch: number, last: LogIndex): void {
    const latest = this.underWay.at(-1)
    invariant(latest === undefined || batch > latest.batch, "RA11: batches are numbered in order")
    this.underWay.push({ batch, last, snapshot: this.snapshot })
    this.written = last
    this.truncateFrom = undefined
    this.snapshot = undefined
  }

  /** `batch` and all before it are durable. Returns the latest snapshot among them. */
  confirm(batch: number): SnapshotMeta | undefined {
    let snapshot: SnapshotMeta | undefined
    for (;;) {
      const under = this.underWay.shift()
      invariant(under !== undefined, "RA11: only a batch that is under way becomes durable")
      // `last` is above `written` in the build only that believes stale answers.
      this.durable = Math.min(under.last, this.written)
      snapshot = under.snapshot ?? snapshot
      if (under.batch === batch) return snapshot
    }
  }

  private keepAtMost(last: LogIndex): void {
    this.durable = Math.min(this.durable, last)
    if (this.breaks.staleStorageAnswer === true) return
    for (const under of this.underWay) under.last = Math.min(under.last, last)
  }
}
