/**
 * The first twelve bytes of each file: what kind it is, and the number of its form. They look the same
 * in every form and guard themselves, so that an old program knows a newer file from a damaged one.
 */
import * as Crc32c from "@distri/store/value/Crc32c"

export const preambleBytes = 12

/** The form that this program writes. It reads the ones below, too; there are none yet. */
export const format = 1

/** Four letters for each kind of file. */
export const magics = {
  identity: 0x64697374,
  segment: 0x77616c73,
  snapshot: 0x736e6170
} as const

export const writePreamble = (bytes: Uint8Array, magic: number, form = format): void => {
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  view.setUint32(0, magic)
  view.setUint32(4, form, true)
  view.setUint32(8, Crc32c.of(bytes.subarray(0, 8)), true)
}

/** The number of the form, or undefined where it is not such a file, or damaged. */
export const readPreamble = (bytes: Uint8Array, magic: number): number | undefined => {
  if (bytes.length < preambleBytes) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset)
  const isWhole = view.getUint32(8, true) === Crc32c.of(bytes.subarray(0, 8))
  return isWhole && view.getUint32(0) === magic ? view.getUint32(4, true) : undefined
}
