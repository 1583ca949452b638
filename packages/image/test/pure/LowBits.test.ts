import { assert, describe, it } from "@effect/vitest"
import * as Sliced from "../../src/internal/sliced.ts"
import type { Bits } from "../../src/pure/CoverSize.ts"
import * as LowBits from "../../src/pure/LowBits.ts"
import { noise, same } from "../support.ts"

describe.each<Bits>([1, 2, 4])("%i low bits", (bits) => {
  it("[IM6] places the same samples as bit by bit, and touches nothing else", () => {
    for (let length = 0; length < 70; length++) {
      const samples = noise(1024, length + 1)
      const bytes = noise(length, length + 99)
      const expected = bitByBit(samples, 256, bytes, bits)
      Sliced.runSync(LowBits.embed(samples, 256, bytes, bits))
      assert.isTrue(same(samples, expected))
    }
  })

  it("[IM6] moves a sample by less than its low bits hold", () => {
    const before = noise(4096)
    const after = before.slice()
    Sliced.runSync(LowBits.embed(after, 0, noise((4096 * bits) / 8, 5), bits))
    after.forEach((sample, at) => assert.isBelow(Math.abs(sample - before[at]!), 2 ** bits))
  })

  it("[IM1] reads back what it wrote, over many slices, and pauses between them", () => {
    const bytes = noise(1_000_003)
    const samples = new Uint8Array(64 + (bytes.length * 8) / bits)
    const work = LowBits.embed(samples, 64, bytes, bits)
    let slices = 0
    while (work.next().done !== true) slices++
    assert.isAtLeast(slices, Math.floor(samples.length / 2 ** 20))
    assert.isTrue(same(Sliced.runSync(LowBits.extract(samples, 64, bytes.length, bits)), bytes))
  })
})

/** Slow and obvious: one bit after another, the highest first. */
const bitByBit = (samples: Uint8Array, from: number, bytes: Uint8Array, bits: Bits) => {
  const result = samples.slice()
  for (let nth = 0; nth < bytes.length * 8; nth++) {
    const bit = (bytes[nth >> 3]! >> (7 - (nth & 7))) & 1
    const at = from + Math.floor(nth / bits)
    const place = bits - 1 - (nth % bits)
    result[at] = (result[at]! & ~(1 << place)) | (bit << place)
  }
  return result
}
