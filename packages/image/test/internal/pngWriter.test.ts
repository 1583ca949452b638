import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { decode } from "fast-png"
import { storedPng, storedPngBytes } from "../../src/internal/pngWriter.ts"
import * as Sliced from "../../src/internal/sliced.ts"
import { noise, same, samplesOf } from "../support.ts"

// Around a block of 65,535 bytes: below, on and above its end; one row over several blocks.
const sizes = [
  [1, 1],
  [1, 300],
  [300, 1],
  [64, 64],
  [21, 1023],
  [21, 1024],
  [85, 255],
  [85, 256],
  [85, 257],
  [21_844, 2],
  [21_845, 3],
  [50_000, 2],
  [700, 500]
] as const

describe("a stored PNG", () => {
  it.effect.each(sizes)(
    "[IM5] of %i x %i reads to its samples in two decoders",
    ([width, height]) =>
      Effect.gen(function* () {
        const samples = noise(width * height * 3)
        const file = Sliced.runSync(storedPng(samples, { width, height }))
        assert.strictEqual(file.length, storedPngBytes({ width, height }))
        const { data, info } = yield* samplesOf(file)
        assert.deepStrictEqual([info.width, info.height, info.channels], [width, height, 3])
        assert.isTrue(same(data, samples))
        const independent = decode(file, { checkCrc: true })
        assert.deepStrictEqual([independent.width, independent.height], [width, height])
        assert.isTrue(same(independent.data as Uint8Array, samples))
      })
  )

  it("[IM8] pauses about twice a megabyte", () => {
    const size = { width: 1000, height: 1000 }
    const work = storedPng(noise(3_000_000), size)
    let slices = 0
    while (work.next().done !== true) slices++
    assert.isAtLeast(slices, 5)
  })
})
