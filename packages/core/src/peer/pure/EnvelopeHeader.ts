/**
 * Writes and reads the 32 bytes in front of a sealed body.
 *
 * ```
 * 0    4       5    6     7        8              12         28
 * DSTI version bits flags reserved body length    seal id    CRC-32 of the 28 bytes before
 *      1       0,1  0     0        u32 big-endian 16 bytes
 *              2,4
 * ```
 *
 * `bits` says how the body is carried: 0 is as it is, else that many low bits of a picture's
 * samples. The header only says where the body is; what protects the content is the body's tag.
 *
 * **Gotchas.** The checksum is looked at before the version: a damaged file must not ask its
 * reader for a newer release. A later version keeps the magic and the checksum where they are.
 */
import { crc32 } from "./crc32.ts"
import { HeaderDamaged, type HeaderError, NotDistri, UnsupportedVersion } from "./EnvelopeError.ts"

/** @category constants */
export const headerBytes = 32
/** @category constants */
export const sealIdBytes = 16
/** What a body holds besides the content: 12 bytes of nonce before, 16 bytes of tag after. @category constants */
export const bodyOverheadBytes = 28

const version = 1
const magic = [0x44, 0x53, 0x54, 0x49] // "DSTI"
const checkedBytes = 28
const carriers = [0, 1, 2, 4] as const

/**
 * Low bits per sample of a picture; 0 when the body travels as it is.
 *
 * @category models
 * @since 0.1.0
 */
export type CarrierBits = (typeof carriers)[number]

/**
 * @category models
 * @since 0.1.0
 */
export interface EnvelopeHeader {
  readonly _tag: "EnvelopeHeader"
  readonly bits: CarrierBits
  readonly bodyBytes: number
  readonly sealId: Uint8Array
}

/**
 * The 32 bytes for a body of `bodyBytes` bytes.
 *
 * @category functions
 * @since 0.1.0
 */
export const write = (bits: CarrierBits, sealId: Uint8Array, bodyBytes: number): Uint8Array => {
  const bytes = new Uint8Array(headerBytes)
  const view = new DataView(bytes.buffer)
  bytes.set(magic)
  bytes[4] = version
  bytes[5] = bits
  view.setUint32(8, bodyBytes)
  bytes.set(sealId, 12)
  view.setUint32(checkedBytes, crc32(bytes.subarray(0, checkedBytes)))
  return bytes
}

/**
 * Reads the header at the start of `bytes`.
 *
 * `fits`: whether a body of that length can be there. It is asked before anyone allocates (IM7).
 *
 * @category functions
 * @since 0.1.0
 */
export const read = (
  bytes: Uint8Array,
  fits: (bits: CarrierBits, bodyBytes: number) => boolean
): EnvelopeHeader | HeaderError => {
  if (bytes.length < magic.length || magic.some((byte, at) => bytes[at] !== byte)) {
    return new NotDistri()
  }
  if (bytes.length < headerBytes) return new HeaderDamaged()
  const view = new DataView(bytes.buffer, bytes.byteOffset, headerBytes)
  if (view.getUint32(checkedBytes) !== crc32(bytes.subarray(0, checkedBytes))) {
    return new HeaderDamaged()
  }
  if (bytes[4] !== version) return new UnsupportedVersion({ found: `version ${bytes[4]}` })
  if (bytes[6] !== 0) return new UnsupportedVersion({ found: `flags ${bytes[6]}` })
  if (bytes[7] !== 0) return new UnsupportedVersion({ found: `reserved byte ${bytes[7]}` })
  const bits = carriers.find((known) => known === bytes[5])
  const bodyBytes = view.getUint32(8)
  if (bits === undefined || bodyBytes <= bodyOverheadBytes || !fits(bits, bodyBytes)) {
    return new HeaderDamaged()
  }
  return { _tag: "EnvelopeHeader", bits, bodyBytes, sealId: bytes.slice(12, checkedBytes) }
}
