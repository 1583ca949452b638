/**
 * The disk of one machine, as a write-ahead log of atomic batches. What is written waits until it is
 * synced; a crash keeps all that was, and of the rest the first batches, as many as the fault says (SIM4),
 * and perhaps a part of the next. Each batch says how long it is, so recovery drops the torn one as if it had
 * not been written.
 *
 * As a `DiskImage` it shows what is synced, and that alone.
 */
import type { Entry } from "@distri/raft/Entry"
import type { HardState } from "@distri/raft/HardState"
import type { LogIndex, Term } from "@distri/raft/LogIndex"
import type { Batch } from "@distri/raft/Output"
import type { Restored } from "@distri/raft/Restored"
import type { SnapshotMeta } from "@distri/raft/SnapshotMeta"
import type { ShellBreaks } from "./Breaks.ts"
import type { DiskImage } from "./Invariant.ts"
import type { MachineImage } from "./Machine.ts"

/** What a crash makes of the batches that are not synced. */
interface CrashOutcome {
  readonly keepRatio: number
  readonly isTorn: boolean
}

/** A batch as it stands on the disk: its entries, of which there should be `length`, and an end mark. */
interface Written {
  readonly batch: Batch
  readonly length: number
  readonly hasEnd: boolean
}

const snapshotsKept = 20

export class Disk implements DiskImage {
  hardState: HardState
  snapshot: SnapshotMeta
  private before: LogIndex
  private entries: Array<Entry> = []
  private unsynced: Array<Batch> = []
  private readonly images = new Map<string, MachineImage>()
  private readonly breaks: ShellBreaks

  constructor(restored: Restored, image: MachineImage, breaks: ShellBreaks) {
    this.hardState = restored.hardState
    this.snapshot = restored.snapshot
    this.before = restored.snapshot.index
    this.breaks = breaks
    this.store(restored.snapshot, image)
  }

  get firstIndex(): LogIndex {
    return this.before + 1
  }

  get lastIndex(): LogIndex {
    return this.before + this.entries.length
  }

  entry(index: LogIndex): Entry | undefined {
    const at = index - this.before - 1
    return at >= 0 && at < this.entries.length ? this.entries[at] : undefined
  }

  term(index: LogIndex): Term | undefined {
    return index === this.snapshot.index ? this.snapshot.term : this.entry(index)?.term
  }

  /** Batches that are written and not synced. */
  get waiting(): number {
    return this.unsynced.length
  }

  write(batch: Batch): void {
    this.unsynced.push(batch)
  }

  /** The oldest batch that waits is durable from now on. */
  syncOne(): Batch {
    const batch = this.unsynced.shift()!
    this.take(batch)
    return batch
  }

  /** Keeps the bytes of a snapshot, complete and synced. Older ones make room, unless they are in use. */
  store(snapshot: SnapshotMeta, image: MachineImage): void {
    // One that comes again is the newest, or it would be the first to go.
    this.images.delete(snapshot.reference)
    this.images.set(snapshot.reference, image)
    for (const reference of this.images.keys()) {
      if (this.images.size <= snapshotsKept) break
      const isUsed =
        reference === this.snapshot.reference ||
        this.unsynced.some((batch) => batch.snapshot?.reference === reference)
      if (!isUsed) this.images.delete(reference)
    }
  }

  image(reference: string): MachineImage | undefined {
    return this.images.get(reference)
  }

  /** An own snapshot takes the place of the entries before `keepFrom`. */
  compact(snapshot: SnapshotMeta, keepFrom: LogIndex): void {
    this.snapshot = snapshot
    if (keepFrom <= this.firstIndex) return
    this.entries = this.entries.slice(keepFrom - this.firstIndex)
    this.before = keepFrom - 1
  }

  crash({ keepRatio, isTorn }: CrashOutcome): void {
    const kept = Math.floor(keepRatio * (this.unsynced.length + 1))
    const written: Array<Written> = []
    for (const [at, batch] of this.unsynced.entries()) {
      const { length } = batch.entries
      if (at < kept) written.push({ batch, length, hasEnd: true })
      else if (at === kept && isTorn) {
        const entries = batch.entries.slice(0, length >> 1)
        written.push({ batch: { ...batch, entries }, length, hasEnd: false })
      }
    }
    this.unsynced = []
    this.recover(written)
  }

  /** What a node begins with that starts on this disk. */
  restored(): Restored {
    const { hardState, snapshot, entries, breaks } = this
    return {
      hardState:
        breaks.forgetVoteOnRestart === true ? { ...hardState, vote: undefined } : hardState,
      snapshot,
      entries: [...entries]
    }
  }

  /** Reads what a crash left behind what was synced, up to the first batch that is not whole. */
  private recover(written: ReadonlyArray<Written>): void {
    for (const { batch, length, hasEnd } of written) {
      const isWhole = hasEnd && batch.entries.length === length
      if (!isWhole && this.breaks.acceptTornBatch !== true) return
      this.take(batch)
    }
  }

  private take(batch: Batch): void {
    this.hardState = batch.hardState
    if (batch.snapshot !== undefined) {
      this.snapshot = batch.snapshot
      this.before = batch.snapshot.index
      this.entries = []
    } else if (batch.truncateFrom !== undefined && this.breaks.losesTruncation !== true) {
      this.entries.length = batch.truncateFrom - this.firstIndex
    }
    for (const entry of batch.entries) this.entries[entry.index - this.firstIndex] = entry
  }
}
