/**
 * CRC-32C (Castagnoli), reflected: finds every damage of up to 32 bits in a row.
 *
 * Eight bytes a step (Kounavis and Berry, "slicing-by-8"), since every byte that is stored comes by here.
 */

/** The remainder of each byte. */
const table0 = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte
  for (let bit = 0; bit < 8; bit += 1) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1
  return rest
})

/** As `table`, with one more zero byte behind. */
const shifted = (table: Uint32Array): Uint32Array =>
  table.map((rest) => table0[rest & 0xff]! ^ (rest >>> 8))

const table1 = shifted(table0)
const table2 = shifted(table1)
const table3 = shifted(table2)
const table4 = shifted(table3)
const table5 = shifted(table4)
const table6 = shifted(table5)
const table7 = shifted(table6)

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
