import { assert, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Histogram from "../../src/service/pure/Histogram.ts"

it("a percentile is at most a tenth above the truth, and never below it", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.02, max: 100_000, noNaN: true }), { minLength: 1 }),
      fc.constantFrom(0.5, 0.9, 0.99, 1),
      (values, share) => {
        const histogram = Histogram.make()
        for (const value of values) Histogram.record(histogram, value)
        const truth = values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1]!
        const found = Histogram.percentile(histogram, share)
        assert.isTrue(
          found >= truth * 0.999_999 && found <= truth * 1.1001,
          `${found} for ${truth}`
        )
      }
    )
  )
})

it("without records, a percentile is 0", () => {
  assert.strictEqual(Histogram.percentile(Histogram.make(), 0.99), 0)
})
