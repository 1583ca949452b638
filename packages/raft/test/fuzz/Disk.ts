import type { Entry } from "../../src/Entry.ts"
import type { HardState } from "../../src/HardState.ts"
import type { Message } from "../../src/Message.ts"
import type { Batch } from "../../src/Output.ts"
import type { Restored } from "../../src/Restored.ts"
import type { SnapshotMeta } from "../../src/SnapshotMeta.ts"
import { decodeBatch, encodeBatch, type Stored } from "../../src/wire/RecordCodec.ts"

interface Pending {
  readonly batch: number
  readonly bytes: Uint8Array
  readonly afterPersist: ReadonlyArray<Message>
}

/** What a node's disk surely holds, and the batches on their way to it. They become durable in order. */
export class Disk {
  hardState: HardState
  snapshot: SnapshotMeta
  entries: Array<Entry>
  private pending: Array<Pending> = []

  constructor({ hardState, snapshot, entries }: Restored) {
    this.hardState = hardState
    this.snapshot = snapshot
    this.entries = [...entries]
  }

  get isIdle(): boolean {
    return this.pending.length === 0
  }

  get lastIndex(): number {
    return this.entries.at(-1)?.index ?? this.snapshot.index
  }

  term(index: number): number | undefined {
    if (index === this.snapshot.index) return this.snapshot.term
    return this.entries[index - (this.entries[0]?.index ?? 0)]?.term
  }

  write(batch: Batch): void {
    this.pending.push({
      batch: batch.batch,
      bytes: encodeBatch(batch),
      afterPersist: batch.afterPersist
    })
  }

  /** The next batch becomes durable. */
  sync(): Pending {
    const pending = this.pending.shift()!
    this.store(decodeBatch(pending.bytes) as Stored)
    return pending
  }

  /** A crash: of what was on its way, only the first `kept` batches arrived, and nobody was told. */
  crash(kept: number): Restored {
    while (kept-- > 0 && !this.isIdle) this.sync()
    this.pending = []
    return { hardState: this.hardState, snapshot: this.snapshot, entries: this.entries }
  }

  /** The state machine stands at `snapshot`, and entries before `keepFrom` are dropped. */
  compact(snapshot: SnapshotMeta, keepFrom: number): void {
    if (snapshot.index < this.snapshot.index) return
    this.snapshot = snapshot
    this.entries = this.entries.filter((entry) => entry.index >= keepFrom)
  }

  private store({ hardState, snapshot, truncateFrom, entries }: Stored): void {
    this.hardState = hardState
    if (snapshot !== undefined) {
      this.snapshot = snapshot
      this.entries = []
    }
    if (truncateFrom !== undefined) {
      this.entries = this.entries.filter((entry) => entry.index < truncateFrom)
    }
    for (const entry of entries) {
      if (entry.index !== this.lastIndex + 1) throw new Error("RA3: a gap on the disk")
      this.entries.push(entry)
    }
    if (hardState.commit > this.lastIndex) throw new Error("RA7: the disk commits what it lacks")
  }
}
