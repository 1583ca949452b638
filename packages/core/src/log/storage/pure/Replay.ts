/**
 * Takes the records of all segments in order, and says what the node knew when it ended. It refuses
 * whatever does not follow from what was read before (WA11).
 *
 * It begins with the head of the first segment, and entries that were in earlier ones are gone; that
 * none of them is missing shows in the end, since a snapshot has to reach up to the first one.
 */
import type { Entry } from "@distri/raft/Entry"
import type { LogIndex } from "@distri/raft/LogIndex"
import type { Restored } from "@distri/raft/Restored"
import type { Stored } from "@distri/raft/wire/RecordCodec"
import { afterBatch, afterCompaction, type LogState } from "./LogState.ts"
import { decodeBatches, decodeCompaction, decodeHead } from "./RecordBody.ts"
import type { Found } from "./scanSegment.ts"

export class Replay {
  /** The number and checksum that the next record builds on; undefined before the first one. */
  number: number | undefined
  checksum = 0
  /** Undefined: there was no record yet. */
  state: LogState | undefined
  /** The highest index of an entry since this was set to 0. */
  highest: LogIndex = 0
  /** The index before the first of `entries`. */
  private before: LogIndex = 0
  private entries: Array<Entry> = []

  /** What is wrong with the record, or undefined. After a problem this is not to be used any more. */
  take({ header, body }: Found): string | undefined {
    if (this.number !== undefined) {
      if (header.number !== this.number + 1) return `record ${header.number} is out of order`
      if (header.previous !== this.checksum) return "it belongs behind another record"
    }
    this.number = header.number
    this.checksum = header.checksum
    if (header.kind === "head") return this.head(body)
    if (header.kind === "compact") return this.compact(body)
    const batches = decodeBatches(body)
    if (batches === undefined) return "it cannot be read"
    for (const batch of batches) {
      const problem = this.batch(batch)
      if (problem !== undefined) return problem
    }
    return undefined
  }

  /** What the log core begins with, or what is missing. */
  restored(): Restored | string {
    const { state, before, entries } = this
    if (state === undefined) return "there is no record"
    const { hardState, snapshot } = state
    if (before > snapshot.index) return `the entries up to ${before} are missing`
    const commit = Math.max(hardState.commit, snapshot.index)
    return { hardState: { ...hardState, commit }, snapshot, entries }
  }

  private head(body: Uint8Array): string | undefined {
    const head = decodeHead(body)
    if (head === undefined) return "it cannot be read"
    const { state, entries } = head
    if (this.state === undefined) {
      this.before = state.last
      return this.advance(
        afterBatch(state, {
          hardState: state.hardState,
          truncateFrom: undefined,
          entries,
          snapshot: undefined
        }),
        entries
      )
    }
    const isSame = state.log === this.state.log && state.last === this.state.last
    return isSame ? this.advance(state, entries) : "it contradicts the records before it"
  }

  private compact(body: Uint8Array): string | undefined {
    const compaction = decodeCompaction(body)
    if (compaction === undefined || this.state === undefined) return "it cannot be read"
    const gone = compaction.keepFrom - 1 - this.before
    const problem = this.advance(afterCompaction(this.state, compaction), [])
    if (problem === undefined && gone > 0) {
      this.before += this.entries.splice(0, gone).length
    }
    return problem
  }

  private batch(batch: Stored): string | undefined {
    if (this.state === undefined) return "it has no head"
    const next = afterBatch(this.state, batch)
    if (batch.snapshot !== undefined) {
      this.entries = []
      this.before = batch.snapshot.index
    } else if (batch.truncateFrom !== undefined) {
      this.before = Math.min(this.before, batch.truncateFrom - 1)
      this.entries.length = Math.max(0, batch.truncateFrom - 1 - this.before)
    }
    return this.advance(next, batch.entries)
  }

  private advance(next: LogState | string, entries: ReadonlyArray<Entry>): string | undefined {
    if (typeof next === "string") return next
    this.state = next
    for (const entry of entries) {
      const term = this.entries.at(-1)?.term ?? this.termBefore()
      if (entry.term < term || entry.term > next.hardState.term) {
        return `entry ${entry.index} is of term ${entry.term}, out of order`
      }
      this.entries.push(entry)
      this.highest = Math.max(this.highest, entry.index)
    }
    return undefined
  }

  /** The term of the entry before the first one, as far as it is known. */
  private termBefore(): number {
    const snapshot = this.state?.snapshot
    return snapshot?.index === this.before ? snapshot.term : 0
  }
}
