/**
 * A record of the write-ahead log: a header of 32 bytes, a body, and zeros up to the next page.
 *
 * ```
 *  0 magic   4 format, kind   8 number   16 length of the body   20 checksum of the record before
 * 24 checksum of the header up to here   28 checksum of the header up to here, and the body
 * ```
 *
 * The header has a checksum of its own, so that the length of a torn record is known: only where a
 * sector inside of that length is still zero may it be dropped (WA5).
 */
import * as Crc32c from "@distri/store/value/Crc32c"
import { format } from "./Preamble.ts"
import { pageBytes, sectorBytes, wholePages } from "./SegmentPage.ts"

export const headerBytes = 32

const kinds = ["head", "batches", "compact"] as const

/**
 * - `head`: begins each segment, and says all that earlier ones said, but for their entries.
 * - `batches`: what the consensus core wants to keep, merged.
 * - `compact`: an own snapshot stands for the log up to its index.
 */
export type Kind = (typeof kinds)[number]

export interface Header {
  readonly format: number
  readonly kind: Kind
  /** 1, 2, 3, ... without gaps, over all segments and lives of the process. */
  readonly number: number
  readonly length: number
  /** Ties a record to the one before. */
  readonly previous: number
  readonly checksum: number
}

const magic = 0x64726563

/**
 * Writes the header for a body of `length` bytes that stands behind it already, and zeros behind that.
 * Returns the checksum of the record.
 */
export const seal = (
  buffer: Uint8Array,
  salt: number,
  { kind, number, length, previous }: Pick<Header, "kind" | "number" | "length" | "previous">
): number => {
  const view = new DataView(buffer.buffer, buffer.byteOffset)
  view.setUint32(0, magic)
  view.setUint16(4, format, true)
  view.setUint16(6, kinds.indexOf(kind), true)
  view.setUint32(8, number % 2 ** 32, true)
  view.setUint32(12, Math.floor(number / 2 ** 32), true)
  view.setUint32(16, length, true)
  view.setUint32(20, previous, true)
  view.setUint32(24, Crc32c.of(buffer.subarray(0, 24), salt), true)
  const end = headerBytes + length
  const checksum = checksumOf(buffer, 0, end, salt)
  view.setUint32(28, checksum, true)
  buffer.fill(0, end, wholePages(end))
  return checksum
}

/** Undefined where no header stands. Its body may be damaged all the same. */
export const readHeader = (bytes: Uint8Array, at: number, salt: number): Header | undefined => {
  if (at + headerBytes > bytes.length) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset + at)
  if (view.getUint32(0) !== magic) return undefined
  if (view.getUint32(24, true) !== Crc32c.of(bytes.subarray(at, at + 24), salt)) return undefined
  const kind = kinds[view.getUint16(6, true)]
  const length = view.getUint32(16, true)
  if (kind === undefined || at + headerBytes + length > bytes.length) return undefined
  return {
    format: view.getUint16(4, true),
    kind,
    number: view.getUint32(8, true) + view.getUint32(12, true) * 2 ** 32,
    length,
    previous: view.getUint32(20, true),
    checksum: view.getUint32(28, true)
  }
}

export const isWhole = (bytes: Uint8Array, at: number, salt: number, header: Header): boolean =>
  header.checksum === checksumOf(bytes, at, at + headerBytes + header.length, salt)

/** Whether a sector that belongs to the record was never written. */
export const hasZeroSector = (bytes: Uint8Array, at: number, header: Header): boolean => {
  const end = at + headerBytes + header.length
  for (let sector = at; sector < end; sector += sectorBytes) {
    if (isZero(bytes.subarray(sector, Math.min(sector + sectorBytes, end)))) return true
  }
  return false
}

export const isZero = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === 0)

/** Where the record behind the one at `at` begins. */
export const behind = (at: number, header: Header): number =>
  at + wholePages(headerBytes + header.length)

/** The next place from `at` on where a whole record stands. */
export const findRecord = (bytes: Uint8Array, at: number, salt: number): number | undefined => {
  for (let page = at; page < bytes.length; page += pageBytes) {
    const header = readHeader(bytes, page, salt)
    if (header !== undefined && isWhole(bytes, page, salt, header)) return page
  }
  return undefined
}

const checksumOf = (bytes: Uint8Array, at: number, end: number, salt: number): number =>
  Crc32c.of(bytes.subarray(at + headerBytes, end), Crc32c.of(bytes.subarray(at, at + 28), salt))
