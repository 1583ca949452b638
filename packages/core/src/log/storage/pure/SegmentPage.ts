/**
 * The first page of a segment: how long the file is, and the random number that salts the checksums of
 * its records. Neither old bytes nor a document can imitate a record, since nobody knows the number
 * before it was drawn.
 */
import * as Crc32c from "@distri/store/value/Crc32c"
import { format, magics, preambleBytes, readPreamble, writePreamble } from "./Preamble.ts"

/** What a disk writes as a whole or not at all. */
export const sectorBytes = 512

/** Where records begin: a torn write never touches what lies on another page (WA3). */
export const pageBytes = 4096

/** The first multiple of the page size from `bytes` on. */
export const wholePages = (bytes: number): number => Math.ceil(bytes / pageBytes) * pageBytes

export interface Page {
  readonly salt: number
  /** Of the whole file. Without it, one that was cut between two records would look complete. */
  readonly bytes: number
}

const saltAt = preambleBytes
const bytesAt = saltAt + 4
const checksumAt = bytesAt + 4

export const encodePage = ({ salt, bytes }: Page): Uint8Array => {
  const page = new Uint8Array(pageBytes)
  writePreamble(page, magics.segment)
  const view = new DataView(page.buffer)
  view.setUint32(saltAt, salt, true)
  view.setUint32(bytesAt, bytes, true)
  view.setUint32(checksumAt, Crc32c.of(page.subarray(0, checksumAt)), true)
  return page
}

/** That a newer program wrote it, or undefined where it is damaged. */
export const decodePage = (page: Uint8Array): Page | { readonly newer: number } | undefined => {
  const form = readPreamble(page, magics.segment)
  if (form === undefined || page.length < pageBytes) return undefined
  if (form > format) return { newer: form }
  const view = new DataView(page.buffer, page.byteOffset)
  if (view.getUint32(checksumAt, true) !== Crc32c.of(page.subarray(0, checksumAt))) return undefined
  return { salt: view.getUint32(saltAt, true), bytes: view.getUint32(bytesAt, true) }
}
