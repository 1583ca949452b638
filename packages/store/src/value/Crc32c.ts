/**
 * CRC-32C (Castagnoli), reflected: finds every damage of up to 32 bits in a row.
 *
 * Eight bytes a step (Kounavis and Berry, "slicing-by-8"), since every byte that is stored comes by here.
 */

/** The remainder of each byte, followed by as many zero bytes as the number of its table says. */
const tables = Array.from({ length: 8 }, () => new Uint32Array(256))
const [table0, table1, table2, table3, table4, table5, table6, table7] = tables as unknown as [
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array
]
for (let byte = 0; byte < 256; byte += 1) {
  let rest = byte
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1
  table0[byte] = rest
}
for (let zeros = 1; zeros < 8; zeros += 1) {
  for (let byte = 0; byte < 256; byte += 1) {
    const rest = tables[zeros - 1]![byte]!
    tables[zeros]![byte] = table0[rest & 0xff]! ^ (rest >>> 8)
  }
}

/**
 * `before`: the checksum of what stands before `bytes`, so that `of(b, of(a))` is that of both. A random
 * one salts it: nobody who does not know it can make bytes that fit.
 *
 * @category constructors
 */
export const of = (bytes: Uint8Array, before = 0): number => {
  let rest = ~before
  let at = 0
  for (const end = bytes.length - 7; at < end; at += 8) {
    rest ^= bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)
    rest =
      table7[rest & 0xff]! ^
      table6[(rest >>> 8) & 0xff]! ^
      table5[(rest >>> 16) & 0xff]! ^
      table4[rest >>> 24]! ^
      table3[bytes[at + 4]!]! ^
      table2[bytes[at + 5]!]! ^
      table1[bytes[at + 6]!]! ^
      table0[bytes[at + 7]!]!
  }
  for (; at < bytes.length; at += 1) rest = table0[(rest ^ bytes[at]!) & 0xff]! ^ (rest >>> 8)
  return ~rest >>> 0
}
