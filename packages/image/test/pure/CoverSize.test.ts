import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "fast-check"
import { storedPngBytes } from "../../src/internal/pngWriter.ts"
import * as CoverSize from "../../src/pure/CoverSize.ts"

const size = FastCheck.record({
  width: FastCheck.integer({ min: 1, max: 70_000 }),
  height: FastCheck.integer({ min: 1, max: 70_000 })
})
const bits = FastCheck.constantFrom<CoverSize.Bits>(1, 2, 4)
const content = FastCheck.integer({ min: 1, max: 16 * 1024 * 1024 })

describe("the size of a picture", () => {
  it("[IM1] holds the body, by capacity and by samples alike", () => {
    FastCheck.assert(
      FastCheck.property(
        size,
        bits,
        content,
        FastCheck.constantFrom("crop", "fit", "keep"),
        (cover, bits, bytes, policy) => {
          const need = CoverSize.samplesFor(bytes, bits)
          const target = CoverSize.target(cover, need, policy)
          const samples = CoverSize.pixelsOf(target) * 3
          assert.isAtLeast(samples, need)
          assert.isAtLeast(CoverSize.capacityBytes(samples, bits), bytes)
          assert.strictEqual(CoverSize.capacityBytes(need, bits), bytes)
          assert.isBelow(CoverSize.capacityBytes(need - 1, bits), bytes)
        }
      )
    )
  })

  it("[IM12] cropped or fitted and stored, the file is the samples and at most 64 KiB", () => {
    FastCheck.assert(
      FastCheck.property(
        size,
        bits,
        content,
        FastCheck.constantFrom("crop", "fit"),
        (cover, bits, bytes, policy) => {
          const target = CoverSize.target(cover, CoverSize.samplesFor(bytes + 28, bits), policy)
          if (CoverSize.pixelsOf(target) > CoverSize.pixelsMax) return
          assert.isAtMost(storedPngBytes(target), (8 / bits) * bytes + 65_536)
        }
      ),
      { numRuns: 1000 }
    )
  })

  it("[IM12] keeps the proportions of an ordinary cover", () => {
    const { height, width } = CoverSize.target({ width: 960, height: 640 }, 320_000, "crop")
    assert.approximately(width / height, 1.5, 0.01)
  })

  it("[IM6] never makes a side smaller than 64, and a kept cover keeps its size", () => {
    const tiny = CoverSize.samplesFor(29, 2)
    const cover = { width: 500, height: 300 }
    assert.deepStrictEqual(CoverSize.target(cover, tiny, "crop"), { width: 64, height: 64 })
    assert.deepStrictEqual(CoverSize.target(cover, tiny, "keep"), cover)
    const row = CoverSize.target({ width: 1000, height: 1 }, tiny, "crop")
    assert.isAtLeast(row.width, 64)
  })

  it("[IM6] takes a cover of exactly the right size as it is", () => {
    const cover = { width: 101, height: 67 }
    assert.deepStrictEqual(CoverSize.target(cover, 101 * 67 * 3, "fit"), cover)
    const larger = CoverSize.target(cover, 101 * 67 * 3 + 1, "keep")
    assert.isAbove(CoverSize.pixelsOf(larger), CoverSize.pixelsOf(cover))
  })
})
