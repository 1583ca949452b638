import {
  behind,
  findRecord,
  hasZeroSector,
  headerBytes,
  isWhole,
  isZero,
  readHeader,
  type Header
} from "./Record.ts"
import { pageBytes } from "./SegmentPage.ts"

export interface Found {
  readonly at: number
  readonly header: Header
  /** A view, not a copy. */
  readonly body: Uint8Array
}

/**
 * How the records end, and where.
 *
 * - `End`: with zeros (WA4), or with the file.
 * - `Torn`: with a record that was not written completely, so it was never acknowledged (WA5).
 * - `Damaged`: something stands there that no crash leaves behind (WA6).
 */
export interface Ending {
  readonly _tag: "End" | "Torn" | "Damaged"
  readonly at: number
}

/**
 * The records of a segment in order, up to the first place where there is none.
 *
 * At most the last record can be torn, since each is written after the one before was synced (WA2). So
 * a whole record behind a bad one says that the bad one was acknowledged once.
 */
export const scanSegment = (
  bytes: Uint8Array,
  salt: number,
  acceptTorn = false
): { readonly found: ReadonlyArray<Found>; readonly ending: Ending } => {
  const found: Array<Found> = []
  let at = pageBytes
  while (at + headerBytes <= bytes.length) {
    const header = readHeader(bytes, at, salt)
    if (header === undefined || !isWhole(bytes, at, salt, header)) {
      const ending = endingAt(bytes, at, salt, header)
      if (!(acceptTorn && ending._tag === "Torn" && header !== undefined)) return { found, ending }
    }
    const body = bytes.subarray(at + headerBytes, at + headerBytes + header!.length)
    found.push({ at, header: header!, body })
    at = behind(at, header!)
  }
  return { found, ending: { _tag: "End", at } }
}

const endingAt = (
  bytes: Uint8Array,
  at: number,
  salt: number,
  header: Header | undefined
): Ending => {
  if (findRecord(bytes, at + pageBytes, salt) !== undefined) return { _tag: "Damaged", at }
  if (header !== undefined) {
    return { _tag: hasZeroSector(bytes, at, header) ? "Torn" : "Damaged", at }
  }
  // A sector is written as a whole or not at all, so half a header is none that a crash left.
  return { _tag: isZero(bytes.subarray(at, at + headerBytes)) ? "End" : "Damaged", at }
}
