import { assert, it } from "@effect/vitest"
import * as Crc32c from "../../src/value/Crc32c.ts"

const bytes = (text: string) => new TextEncoder().encode(text)

/** Bit by bit, as it is defined. */
const slow = (data: Uint8Array): number => {
  let rest = 0xffffffff
  for (const byte of data) {
    rest ^= byte
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0x82f63b78 : rest >>> 1
  }
  return ~rest >>> 0
}

it("agrees with the published values", () => {
  assert.strictEqual(Crc32c.of(bytes("123456789")), 0xe3069283)
  // RFC 3720, B.4
  assert.strictEqual(Crc32c.of(new Uint8Array(32)), 0x8a9136aa)
  assert.strictEqual(Crc32c.of(new Uint8Array(32).fill(255)), 0x62a8ab43)
  assert.strictEqual(Crc32c.of(new Uint8Array()), 0)
})

it("agrees with the definition at every length, and goes on from anywhere", () => {
  const data = Uint8Array.from({ length: 80 }, (_, at) => Math.imul(at, 0x9e3779b1) >>> 24)
  for (let length = 0; length <= data.length; length++) {
    const all = data.subarray(0, length)
    assert.strictEqual(Crc32c.of(all), slow(all), `length ${length}`)
    for (let cut = 0; cut <= length; cut += 7) {
      const before = Crc32c.of(all.subarray(0, cut))
      assert.strictEqual(Crc32c.of(all.subarray(cut), before), Crc32c.of(all))
    }
  }
})
