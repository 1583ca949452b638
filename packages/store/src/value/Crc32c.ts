/** CRC-32C (Castagnoli), reflected: finds every damage of up to 32 bits in a row. */

const table = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1
  return rest
})

/** @category constructors */
export const of = (bytes: Uint8Array): number => {
  let rest = 0xffffffff
  for (let at = 0; at < bytes.length; at += 1)
    rest = table[(rest ^ bytes[at]!) & 0xff]! ^ (rest >>> 8)
  return (rest ^ 0xffffffff) >>> 0
}
