import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { LogIndex } from "../../src/value/LogIndex.ts"
import type { Change } from "../../src/watch/Change.ts"
import { ChangeRing } from "../../src/watch/ChangeRing.ts"
import * as Place from "../../src/watch/Place.ts"

const numRuns = Number(process.env["RUNS"] ?? 300)

const change = (index: number, op: number, bytes: number): Change => ({
  index: index as LogIndex,
  op,
  collection: "a",
  uid: 1 as LogIndex,
  id: "1",
  kind: "added",
  after: {
    document: { _id: "1" },
    rev: index as LogIndex,
    bytes,
    fingerprint: 0,
    expiresMs: Infinity
  }
})

const sizes = fc.array(fc.array(fc.nat({ max: 50 }), { maxLength: 8 }), { maxLength: 80 })
const limits = fc.record({ changesMax: fc.nat({ max: 40 }), bytesMax: fc.nat({ max: 400 }) })

describe("ChangeRing", () => {
  it("[ST16] it remembers the newest changes that fit, and says from where", () => {
    fc.assert(
      fc.property(sizes, limits, fc.nat({ max: 100 }), (sizes, limits, resetAt) => {
        const ring = new ChangeRing(limits)
        let pushed: Array<Change> = []
        let begin: Place.Place = { index: 1 as LogIndex, op: 0 }
        for (const [at, bytes] of sizes.entries()) {
          const index = (at + 1) as LogIndex
          if (at === resetAt) {
            ring.reset(index)
            pushed = []
            begin = Place.after(index)
          } else {
            const changes = bytes.map((bytes, op) => change(index, op, bytes))
            ring.push(index, changes)
            pushed.push(...changes)
          }
          let kept = pushed.toReversed().slice(0, limits.changesMax)
          let sum = 0
          const over = kept.findIndex(({ after }) => (sum += after!.bytes) > limits.bytesMax)
          if (over >= 0) kept = kept.slice(0, over)
          const expected = kept.toReversed()
          const actual = Array.from({ length: ring.length }, (_, number) => ring.at(number))
          assert.deepStrictEqual(actual, expected)
          assert.deepStrictEqual(ring.end, Place.after(index))
          // The oldest place is right after the last change that was forgotten.
          const forgotten = pushed[pushed.length - expected.length - 1]
          assert.deepStrictEqual(
            ring.oldest,
            forgotten === undefined ? begin : { index: forgotten.index, op: forgotten.op + 1 }
          )
          assert.strictEqual(
            ring.bytes,
            expected.reduce((sum, { after }) => sum + after!.bytes, 0)
          )
          for (const place of [begin, ring.oldest, ring.end, ...pushed]) {
            const found = expected.findIndex((change) => !Place.isBefore(change, place))
            assert.strictEqual(ring.find(place), found < 0 ? expected.length : found)
          }
        }
      }),
      { numRuns }
    )
  }, 120_000)

  it("[ST16] its memory stays bounded, also within one entry that changes more than fits", () => {
    const ring = new ChangeRing({ changesMax: 100, bytesMax: 5000 })
    const many = (index: number, count: number) =>
      ring.push(
        index as LogIndex,
        Array.from({ length: count }, (_, op) => change(index, op, 100))
      )
    many(1, 10_000)
    assert.strictEqual(ring.length, 50)
    assert.deepStrictEqual(ring.oldest, { index: 1, op: 9950 })
    for (let index = 2; index < 5000; index += 1) many(index, 3)
    assert.strictEqual(ring.length, 50)
    assert.strictEqual(ring.bytes, 5000)
  })
})
