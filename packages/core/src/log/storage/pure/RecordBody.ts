/** What the records of each kind hold, as bytes. */
import type { Entry } from "@distri/raft/Entry"
import { decodeBatch, encodeBatch, type Stored } from "@distri/raft/wire/RecordCodec"
import { Reader } from "@distri/raft/wire/Reader"
import { Writer } from "@distri/raft/wire/Writer"
import type { Compaction, LogState } from "./LogState.ts"

/** `entries`: what the log begins with; none in the head of a later segment. */
export const encodeHead = (state: LogState, entries: ReadonlyArray<Entry> = []): Uint8Array => {
  const { hardState, snapshot } = state
  const writer = new Writer(512)
  writer.text(state.log)
  writer.text(state.replaced)
  writer.number(state.last)
  writer.data(encodeBatch({ hardState, truncateFrom: undefined, entries, snapshot }))
  return writer.finish()
}

/** `state` is as before the entries; undefined where the bytes are none of this program's. */
export const decodeHead = (
  bytes: Uint8Array
): { readonly state: LogState; readonly entries: ReadonlyArray<Entry> } | undefined => {
  const reader = new Reader(bytes)
  const head = { log: reader.text(), replaced: reader.text(), last: reader.number() }
  const batch = decodeBatch(reader.data())
  if ("problem" in batch || "problem" in reader.finish(head)) return undefined
  const { hardState, snapshot, entries } = batch
  return snapshot === undefined ? undefined : { state: { ...head, hardState, snapshot }, entries }
}

export const encodeCompaction = ({ hardState, snapshot, keepFrom }: Compaction): Uint8Array => {
  const writer = new Writer(512)
  writer.number(keepFrom)
  writer.data(encodeBatch({ hardState, truncateFrom: undefined, entries: [], snapshot }))
  return writer.finish()
}

export const decodeCompaction = (bytes: Uint8Array): Compaction | undefined => {
  const reader = new Reader(bytes)
  const parts = reader.finish({ keepFrom: reader.number(), batch: reader.data() })
  const batch = "problem" in parts ? parts : decodeBatch(parts.batch)
  if ("problem" in parts || "problem" in batch) return undefined
  const { hardState, snapshot } = batch
  return snapshot === undefined ? undefined : { hardState, snapshot, keepFrom: parts.keepFrom }
}

/** Each with its length before it; see `decodeBatches`. */
export const batchesBytes = (batches: ReadonlyArray<Uint8Array>): number =>
  batches.reduce((sum, { length }) => sum + 4 + length, 0)

/** Writes encoded batches from `at` on. */
export const writeBatches = (
  buffer: Uint8Array,
  at: number,
  batches: ReadonlyArray<Uint8Array>
): void => {
  const view = new DataView(buffer.buffer, buffer.byteOffset)
  let to = at
  for (const batch of batches) {
    view.setUint32(to, batch.length, true)
    buffer.set(batch, to + 4)
    to += 4 + batch.length
  }
}

export const decodeBatches = (bytes: Uint8Array): ReadonlyArray<Stored> | undefined => {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const batches: Array<Stored> = []
  let at = 0
  while (at + 4 <= bytes.length) {
    const end = at + 4 + view.getUint32(at, true)
    const batch = end <= bytes.length ? decodeBatch(bytes.subarray(at + 4, end)) : undefined
    if (batch === undefined || "problem" in batch) return undefined
    batches.push(batch)
    at = end
  }
  return at === bytes.length ? batches : undefined
}
