/**
 * Names the format of a file by its first bytes, before any decoder sees it.
 *
 * Decoders accept more than anyone expects (SVG with scripts, PDF, fonts); only what is named
 * here as a picture ever reaches one.
 */

/** @category models */
export type Format = "jpeg" | "png" | "webp" | "gif" | "text" | "nothing" | "something else"

const starts = (bytes: Uint8Array, at: number, ...expected: ReadonlyArray<number>): boolean =>
  expected.every((byte, nth) => bytes[at + nth] === byte)

/**
 * @category functions
 * @since 0.1.0
 */
export const formatOf = (bytes: Uint8Array): Format => {
  if (bytes.length === 0) return "nothing"
  if (starts(bytes, 0, 0xff, 0xd8, 0xff)) return "jpeg"
  if (starts(bytes, 0, 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)) return "png"
  if (starts(bytes, 0, 0x52, 0x49, 0x46, 0x46) && starts(bytes, 8, 0x57, 0x45, 0x42, 0x50)) {
    return "webp"
  }
  if (starts(bytes, 0, 0x47, 0x49, 0x46, 0x38)) return "gif"
  return bytes.subarray(0, 64).every((byte) => byte >= 0x20 || (byte >= 0x09 && byte <= 0x0d))
    ? "text"
    : "something else"
}

/** Whether the bytes start like an envelope that travels without a picture. @category functions */
export const isBareEnvelope = (bytes: Uint8Array): boolean =>
  starts(bytes, 0, 0x44, 0x53, 0x54, 0x49)
