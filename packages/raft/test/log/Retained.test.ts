import { assert, describe, it } from "@effect/vitest"
import { headBytes } from "../../src/Entry.ts"
import { InvariantViolation } from "../../src/invariant.ts"
import { entries, entry, logOf, snapshot } from "./entries.ts"

const fresh = snapshot(0, 0)

describe("Retained", () => {
  it("says where two logs may still agree, and skips whole terms", () => {
    const whole = logOf(fresh, 2, 2, 5, 5, 5)
    const compacted = logOf(snapshot(10, 3), 3, 3, 4, 4, 4)
    const table = [
      // Nothing is known behind the end, or before the place right before the first entry.
      [whole, 100, 2, 100, 0],
      [compacted, 30, 3, 30, 0],
      [compacted, 9, 2, 9, 0],
      [compacted, 4, 2, 4, 0],
      [compacted, 0, 0, 0, 0],
      [whole, 5, 6, 5, 5],
      [whole, 5, 5, 5, 5],
      [whole, 5, 4, 2, 2],
      [whole, 5, 2, 2, 2],
      [whole, 5, 1, 0, 0],
      [whole, 1, 2, 1, 2],
      [whole, 1, 1, 0, 0],
      [whole, 0, 0, 0, 0],
      [compacted, 15, 9, 15, 4],
      [compacted, 14, 4, 14, 4],
      [compacted, 14, 3, 12, 3],
      [compacted, 14, 2, 9, 0],
      [compacted, 11, 5, 11, 3],
      [compacted, 10, 5, 10, 3],
      [compacted, 10, 3, 10, 3],
      [compacted, 10, 2, 9, 0]
    ] as const
    for (const [log, index, term, ...expected] of table) {
      const found = log.findConflictByTerm(index, term)
      assert.deepStrictEqual(found, { index: expected[0], term: expected[1] }, `${index}, ${term}`)
    }
  })

  it("compares the last term first, then the length (Raft §5.4.1)", () => {
    const log = logOf(fresh, 1, 2, 3)
    for (const [index, term, expected] of [
      [2, 4, true],
      [3, 4, true],
      [4, 4, true],
      [2, 2, false],
      [3, 2, false],
      [4, 2, false],
      [2, 3, false],
      [3, 3, true],
      [4, 3, true]
    ] as const) {
      assert.strictEqual(log.isUpToDate(index, term), expected, `${index}, ${term}`)
    }
  })

  it("knows the terms of what is retained, and of the place before it", () => {
    const log = logOf(snapshot(100, 1), 1, 2, 3)
    assert.deepStrictEqual(
      [98, 99, 100, 101, 103, 104, 205].map((index) => log.term(index)),
      [undefined, undefined, 1, 1, 3, undefined, undefined]
    )
    assert.isUndefined(log.entry(100))
    assert.strictEqual(log.entry(103)?.term, 3)
    assert.isUndefined(log.entry(104))
  })

  it("gives out as many entries as fit, and at least one", () => {
    const before = snapshot(100, 1)
    const log = logOf(before)
    const all = [1, 2, 3, 4].map((term) => entry(100 + term, term, 10))
    log.append(all)
    const size = headBytes + 10
    for (const [from, maxBytes, count] of [
      [101, 0, 1],
      [101, size - 1, 1],
      [101, size, 1],
      [101, 2 * size - 1, 1],
      [101, 2 * size, 2],
      [101, 4 * size, 4],
      [101, Infinity, 4],
      [103, 3 * size, 2],
      [104, 0, 1],
      [105, Infinity, 0]
    ] as const) {
      const expected = all.slice(from - 101, from - 101 + count)
      assert.deepStrictEqual(log.slice(from, maxBytes), expected, `${from}, ${maxBytes}`)
    }
  })

  it("[RA7] it gives out nothing that is compacted, and nothing behind the end", () => {
    const log = logOf(snapshot(100, 1), 1)
    assert.throws(() => log.slice(100, Infinity), InvariantViolation, "RA7")
    assert.throws(() => log.slice(103, Infinity), InvariantViolation, "RA7")
  })

  it("[RA3] entries stand one behind the other", () => {
    const log = logOf(fresh, 1)
    assert.throws(() => log.append(entries(3, 1)), InvariantViolation, "RA3")
    assert.throws(() => log.append(entries(1, 1)), InvariantViolation, "RA3")
    log.append(entries(2, 1, 2))
    assert.strictEqual(log.lastIndex, 3)
  })
})
