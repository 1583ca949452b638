/**
 * The bytes of what a node stores, for a write-ahead log. The log adds what guards them: a length and a
 * checksum. What comes out of `decode...` holds no view of the bytes that went in, so that an entry does
 * not keep a whole segment in memory.
 */
import type { Entry } from "../Entry.ts"
import type { HardState } from "../HardState.ts"
import type { Batch } from "../Output.ts"
import type { SnapshotMeta } from "../SnapshotMeta.ts"
import { entriesSize, readEntries, writeEntries } from "./EntryCodec.ts"
import type { Malformed } from "./Malformed.ts"
import { Reader } from "./Reader.ts"
import { readSnapshot, writeSnapshot } from "./SnapshotCodec.ts"
import { Writer } from "./Writer.ts"

/**
 * The part of a batch that is stored.
 *
 * @category models
 * @since 0.1.0
 */
export type Stored = Pick<Batch, "hardState" | "truncateFrom" | "entries" | "snapshot">

const version = 1

/** @since 0.1.0 */
export const encodeBatch = (batch: Stored): Uint8Array => {
  const writer = begin(256 + entriesSize(batch.entries))
  writeBatch(writer, batch)
  return writer.finish()
}

/** @since 0.1.0 */
export const decodeBatch = (bytes: Uint8Array): Stored | Malformed => decode(bytes, readBatch)

/** @since 0.1.0 */
export const encodeHardState = (hardState: HardState): Uint8Array => {
  const writer = begin(64)
  writeHardState(writer, hardState)
  return writer.finish()
}

/** @since 0.1.0 */
export const decodeHardState = (bytes: Uint8Array): HardState | Malformed =>
  decode(bytes, readHardState)

/** @since 0.1.0 */
export const encodeSnapshotMeta = (snapshot: SnapshotMeta): Uint8Array => {
  const writer = begin(256)
  writeSnapshot(writer, snapshot)
  return writer.finish()
}

/** @since 0.1.0 */
export const decodeSnapshotMeta = (bytes: Uint8Array): SnapshotMeta | Malformed =>
  decode(bytes, readSnapshot)

/** @since 0.1.0 */
export const encodeEntry = (entry: Entry): Uint8Array => {
  const writer = begin(16 + entriesSize([entry]))
  writeRun(writer, [entry])
  return writer.finish()
}

/** @since 0.1.0 */
export const decodeEntry = (bytes: Uint8Array): Entry | Malformed =>
  decode(bytes, (reader) => {
    const entries = readRun(reader)
    if (entries.length !== 1) reader.fail("not one entry")
    return entries[0]!
  })

const begin = (size: number): Writer => {
  const writer = new Writer(1 + size)
  writer.byte(version)
  return writer
}

const decode = <A>(bytes: Uint8Array, read: (reader: Reader) => A): A | Malformed => {
  const reader = new Reader(new Uint8Array(bytes))
  if (reader.byte() !== version) reader.fail("unknown version")
  return reader.finish(read(reader))
}

const writeBatch = (writer: Writer, batch: Stored): void => {
  writeHardState(writer, batch.hardState)
  writer.flag(batch.truncateFrom !== undefined)
  if (batch.truncateFrom !== undefined) writer.number(batch.truncateFrom)
  writer.flag(batch.snapshot !== undefined)
  if (batch.snapshot !== undefined) writeSnapshot(writer, batch.snapshot)
  writeRun(writer, batch.entries)
}

const readBatch = (reader: Reader): Stored => ({
  hardState: readHardState(reader),
  truncateFrom: reader.flag() ? reader.number() : undefined,
  snapshot: reader.flag() ? readSnapshot(reader) : undefined,
  entries: readRun(reader)
})

const writeHardState = (writer: Writer, { term, vote, commit }: HardState): void => {
  writer.number(term)
  writer.flag(vote !== undefined)
  if (vote !== undefined) writer.text(vote)
  writer.number(commit)
}

const readHardState = (reader: Reader): HardState => ({
  term: reader.number(),
  vote: reader.flag() ? reader.text() : undefined,
  commit: reader.number()
})

/** Entries with the place where they begin; none begin at 0. */
const writeRun = (writer: Writer, entries: ReadonlyArray<Entry>): void => {
  const first = entries[0]?.index ?? 0
  writer.number(first)
  writeEntries(writer, entries, first, 0)
}

const readRun = (reader: Reader): ReadonlyArray<Entry> => {
  const first = reader.number()
  const entries = readEntries(reader, first, 0)
  if (entries.length === 0 && first !== 0) reader.fail("no entry where some begin")
  return entries
}
