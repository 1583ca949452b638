/**
 * The first page of a segment: the random number that salts the checksums of its records. Neither old
 * bytes nor a document can imitate a record, since nobody knows the number before it was drawn.
 */
import * as Crc32c from "@distri/store/value/Crc32c"
import { format, magics, preambleBytes, readPreamble, writePreamble } from "./Preamble.ts"

/** What a disk writes as a whole or not at all. */
export const sectorBytes = 512

/** Where records begin: a torn write never touches what lies on another page (WA3). */
export const pageBytes = 4096

/** The first multiple of the page size from `bytes` on. */
export const wholePages = (bytes: number): number => Math.ceil(bytes / pageBytes) * pageBytes

export const encodePage = (salt: number): Uint8Array => {
  const page = new Uint8Array(pageBytes)
  writePreamble(page, magics.segment)
  const view = new DataView(page.buffer)
  view.setUint32(preambleBytes, salt, true)
  view.setUint32(preambleBytes + 4, Crc32c.of(page.subarray(0, preambleBytes + 4)), true)
  return page
}

/** The salt; or that a newer program wrote it; or undefined where it is damaged. */
export const decodePage = (
  bytes: Uint8Array
): { readonly salt: number } | { readonly newer: number } | undefined => {
  const form = readPreamble(bytes, magics.segment)
  if (form === undefined || bytes.length < pageBytes) return undefined
  if (form > format) return { newer: form }
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const checksum = Crc32c.of(bytes.subarray(0, preambleBytes + 4))
  return view.getUint32(preambleBytes + 4, true) === checksum
    ? { salt: view.getUint32(preambleBytes, true) }
    : undefined
}
