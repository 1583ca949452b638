/**
 * CRC-32 of the ISO-HDLC kind, as PNG, gzip and Ethernet use it.
 *
 * It finds accidents in a few bytes of header. It is no protection: anyone can compute it.
 */
const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let remainder = byte
  for (let bit = 0; bit < 8; bit++) {
    remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1
  }
  return remainder
})

/**
 * The checksum of `bytes`, as an unsigned 32-bit number.
 *
 * @category functions
 * @since 0.1.0
 */
export const crc32 = (bytes: Uint8Array): number => {
  let remainder = 0xffffffff
  for (const byte of bytes) remainder = table[(remainder ^ byte) & 0xff]! ^ (remainder >>> 8)
  return (remainder ^ 0xffffffff) >>> 0
}
