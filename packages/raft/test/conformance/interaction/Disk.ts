import type { Entry } from "../../../src/Entry.ts"
import type { HardState } from "../../../src/HardState.ts"
import type { LogIndex } from "../../../src/LogIndex.ts"
import type { Batch } from "../../../src/Output.ts"
import type { Restored } from "../../../src/Restored.ts"
import type { SnapshotMeta } from "../../../src/SnapshotMeta.ts"
import { describeEntry } from "./describe.ts"

/**
 * What a node has written, made from its batches alone. A batch that leaves a gap, or writes over entries
 * that it did not truncate, is an error of the core.
 */
export class Disk {
  hardState: HardState
  snapshot: SnapshotMeta
  #entries: Array<Entry>
  /** The place before the first entry. */
  #base: LogIndex

  constructor({ entries, hardState, snapshot }: Restored) {
    this.hardState = hardState
    this.snapshot = snapshot
    this.#entries = [...entries]
    this.#base = (entries[0]?.index ?? snapshot.index + 1) - 1
  }

  get lastIndex(): LogIndex {
    return this.#base + this.#entries.length
  }

  write({ entries, hardState, snapshot, truncateFrom }: Batch): void {
    this.hardState = hardState
    if (snapshot !== undefined) {
      this.snapshot = snapshot
      this.#base = snapshot.index
      this.#entries = []
    } else if (truncateFrom !== undefined) {
      if (truncateFrom > this.lastIndex)
        throw new Error(`truncates at ${truncateFrom}, where nothing is`)
      this.#entries = this.#entries.filter(({ index }) => index < truncateFrom)
    }
    for (const entry of entries) {
      if (entry.index !== this.lastIndex + 1) {
        throw new Error(`writes entry ${entry.index} behind entry ${this.lastIndex}`)
      }
      this.#entries.push(entry)
    }
  }

  /** Forgets the entries up to `index`, which `snapshot` stands for. */
  compact(index: LogIndex, snapshot: SnapshotMeta): void {
    this.snapshot = snapshot
    this.#entries = this.#entries.filter((entry) => entry.index > index)
    this.#base = index
  }

  restored(): Restored {
    return { hardState: this.hardState, snapshot: this.snapshot, entries: [...this.#entries] }
  }

  describe(): string {
    return this.#entries.length === 0
      ? `log is empty: first index=${this.#base + 1}, last index=${this.#base}`
      : this.#entries.map(describeEntry).join("\n")
  }
}
