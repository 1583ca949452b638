import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { InvariantViolation } from "../../src/invariant.ts"
import { Inflights } from "../../src/progress/Inflights.ts"
import { runs } from "../quorum/quorums.ts"

describe("a window", () => {
  it.each([
    { name: "of one message", max: 1, maxBytes: Infinity, fullAt: 1, free: 1, againAt: 2 },
    {
      name: "of one message that is too long",
      max: 1,
      maxBytes: 10,
      fullAt: 1,
      free: 1,
      againAt: 2
    },
    { name: "of many messages", max: 15, maxBytes: Infinity, fullAt: 15, free: 7, againAt: 22 },
    { name: "that ends inside a message", max: 8, maxBytes: 400, fullAt: 4, free: 3, againAt: 7 },
    { name: "that ends with a message", max: 8, maxBytes: 410, fullAt: 4, free: 4, againAt: 8 },
    {
      name: "that ends just behind a message",
      max: 15,
      maxBytes: 411,
      fullAt: 5,
      free: 2,
      againAt: 6
    }
  ])(
    "[RA15] $name is full after $fullAt, and full again",
    ({ max, maxBytes, fullAt, free, againAt }) => {
      const window = new Inflights(max, maxBytes)
      const addTo = (from: number, to: number) => {
        for (let index = from; index <= to; index++) {
          assert.isFalse(window.isFull, `full before ${index}`)
          window.add(index, 100 + index)
        }
        assert.isTrue(window.isFull, `not full at ${to}`)
      }
      addTo(1, fullAt)
      window.freeUpTo(free)
      addTo(fullAt + 1, againAt)
      assert.throws(() => window.add(100, 1024), InvariantViolation, "RA15")
    }
  )

  it("frees all messages up to an index, wherever in the ring they are", () => {
    const window = new Inflights(10, Infinity)
    for (let index = 1; index <= 10; index++) window.add(10 * index, index)
    window.freeUpTo(9)
    assert.strictEqual(window.count, 10)
    window.freeUpTo(75)
    assert.deepStrictEqual([window.count, window.bytes], [3, 8 + 9 + 10])
    for (let index = 11; index <= 17; index++) window.add(10 * index, index)
    window.freeUpTo(120)
    assert.deepStrictEqual(
      window.messages(),
      [13, 14, 15, 16, 17].map((index) => ({ index: 10 * index, bytes: index }))
    )
    window.freeUpTo(1000)
    assert.deepStrictEqual([window.count, window.bytes], [0, 0])
  })

  it("forgets messages and bytes when it is reset", () => {
    const window = new Inflights(10, 100)
    for (let index = 1; index < 500; index += 5) {
      window.reset()
      for (let more = 0; more < 5; more++) window.add(index + more, 19)
      window.freeUpTo(index + 2)
      assert.deepStrictEqual([window.count, window.bytes, window.isFull], [2, 38, false])
    }
  })

  it("[RA15] is a list of the messages that are not answered, never longer than it may be", () => {
    const act = fc.oneof(
      { weight: 20, arbitrary: fc.record({ add: fc.nat({ max: 30 }), step: fc.nat({ max: 3 }) }) },
      { weight: 6, arbitrary: fc.record({ free: fc.integer({ min: -1, max: 6 }) }) },
      { weight: 1, arbitrary: fc.constant("reset" as const) }
    )
    let grown = 0
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 1200 }),
        fc.array(act, { maxLength: 150, size: "max" }),
        (max, maxBytes, acts) => {
          const window = new Inflights(max, maxBytes)
          let list: ReadonlyArray<{ readonly index: number; readonly bytes: number }> = []
          let last = 0
          for (const one of acts) {
            const bytes = list.reduce((sum, message) => sum + message.bytes, 0)
            const full = list.length >= max || bytes >= maxBytes
            assert.strictEqual(window.isFull, full)
            if (one === "reset") {
              window.reset()
              list = []
            } else if ("free" in one) {
              // Around the oldest: before it, at it, and a few behind it.
              const index = (list[0]?.index ?? last) + one.free
              window.freeUpTo(index)
              list = list.filter((message) => message.index > index)
            } else if (!full) {
              last += one.step
              window.add(last, one.add)
              list = [...list, { index: last, bytes: one.add }]
            }
            assert.deepStrictEqual(window.messages(), list)
            assert.strictEqual(window.count, list.length)
            assert.isAtMost(window.count, max)
            assert.isBelow(window.bytes, maxBytes + 31)
            grown = Math.max(grown, window.count)
          }
        }
      ),
      runs(150)
    )
    assert.isAbove(grown, 8, "no ring had to grow")
  }, 600_000)
})
