import { assert, describe, it } from "@effect/vitest"
import type { Breaks } from "../../src/internal/breaks.ts"
import { InvariantViolation } from "../../src/invariant.ts"
import { Log } from "../../src/log/Log.ts"
import { entries, logOf, snapshot } from "./entries.ts"

const fresh = snapshot(0, 0)

/** Index 5 holds an entry of leader A, then of C, then A's again; each is a batch under way. */
const returningTerms = (breaks: Breaks): Log => {
  const log = new Log({ snapshot: snapshot(4, 1), entries: [], commit: 0 }, breaks)
  log.maybeAppend(4, 1, entries(5, 2))
  log.handOut(1)
  log.maybeAppend(4, 1, entries(5, 3))
  log.handOut(2)
  log.maybeAppend(4, 1, entries(5, 2))
  log.handOut(3)
  return log
}

describe("Durability", () => {
  it("[RA9] an answer for entries that were replaced since proves nothing, though the terms return", () => {
    const log = returningTerms({})
    const seen = [1, 2, 3].map((batch) => {
      log.persisted(batch)
      return log.durable
    })
    assert.deepStrictEqual(seen, [4, 4, 5])
  })

  it("[RA9] the broken build believes the stale answer", () => {
    const log = returningTerms({ staleStorageAnswer: true })
    log.persisted(1)
    assert.strictEqual(log.durable, 5)
  })

  it("a truncation counts before it is handed out", () => {
    const log = logOf(fresh, 1, 1, 1)
    log.append(entries(4, 1, 1))
    log.handOut(1)
    log.maybeAppend(2, 1, entries(3, 2, 2, 2))
    assert.strictEqual(log.durable, 2)
    log.persisted(1)
    assert.strictEqual(log.durable, 2)
    assert.deepStrictEqual(log.handOut(2), {
      truncateFrom: 3,
      entries: entries(3, 2, 2, 2),
      snapshot: undefined
    })
    log.persisted(2)
    assert.strictEqual(log.durable, 5)
  })

  it("hands out the lowest truncation of what the disk was given, and the entries once", () => {
    for (const { appends, truncateFrom, from, terms } of [
      { appends: [], truncateFrom: undefined, from: 6, terms: [] },
      { appends: [[5, 1, 2]], truncateFrom: undefined, from: 6, terms: [2] },
      // Cut again before it was handed out: the disk never heard of it.
      {
        appends: [
          [5, 1, 2, 2],
          [5, 1, 3]
        ],
        truncateFrom: undefined,
        from: 6,
        terms: [3]
      },
      { appends: [[4, 1, 2]], truncateFrom: 5, from: 5, terms: [2] },
      { appends: [[1, 1, 2]], truncateFrom: 2, from: 2, terms: [2] },
      {
        appends: [
          [3, 1, 2, 2],
          [2, 1, 3],
          [3, 3, 4]
        ],
        truncateFrom: 3,
        from: 3,
        terms: [3, 4]
      },
      {
        appends: [
          [2, 1, 2, 2],
          [4, 2, 3],
          [3, 2, 4]
        ],
        truncateFrom: 3,
        from: 3,
        terms: [2, 4]
      }
    ]) {
      const log = logOf(fresh, 1, 1, 1)
      log.append(entries(4, 1, 1))
      assert.deepStrictEqual(log.handOut(1).entries, entries(4, 1, 1))
      for (const [prev, term, ...sent] of appends) {
        log.maybeAppend(prev!, term!, entries(prev! + 1, ...sent))
      }
      assert.strictEqual(log.hasUnpersisted, terms.length > 0)
      const change = { truncateFrom, entries: entries(from, ...terms), snapshot: undefined }
      assert.deepStrictEqual(log.unpersisted(), terms.length > 0 ? change : undefined)
      assert.deepStrictEqual(log.handOut(2), change)
      assert.isFalse(log.hasUnpersisted)
    }
  })

  it("one answer confirms all batches up to it, also those with nothing of the log in them", () => {
    const log = logOf(fresh, 1)
    log.append(entries(2, 1))
    log.handOut(1)
    log.handOut(2)
    log.append(entries(3, 1))
    log.handOut(3)
    log.persisted(2)
    assert.strictEqual(log.durable, 2)
    log.persisted(3)
    assert.strictEqual(log.durable, 3)
  })

  it("a received snapshot takes with it what was to be cut off, and what was not handed out", () => {
    const log = logOf(fresh, 1, 1, 1)
    log.commitTo(1)
    log.maybeAppend(1, 1, entries(2, 2, 2, 2))
    const received = snapshot(9, 3)
    log.restore(received)
    assert.deepStrictEqual(log.handOut(1), {
      truncateFrom: undefined,
      entries: [],
      snapshot: received
    })
    log.maybeAppend(9, 3, entries(10, 3, 3))
    log.handOut(2)
    log.maybeAppend(10, 3, entries(11, 4))
    assert.strictEqual(log.durable, 1)
    assert.strictEqual(log.persisted(2), received)
    assert.strictEqual(log.durable, 10)
    assert.strictEqual(log.handOut(3).truncateFrom, 11)
  })

  it("[RA11] a batch that is not under way cannot become durable", () => {
    const log = logOf(fresh, 1)
    assert.throws(() => log.persisted(1), InvariantViolation, "RA11")
    log.handOut(1)
    log.persisted(1)
    log.handOut(2)
    assert.throws(() => log.persisted(1), InvariantViolation, "RA11")
    const other = logOf(fresh, 1)
    other.handOut(1)
    assert.throws(() => other.persisted(2), InvariantViolation, "RA11")
    const twice = logOf(fresh, 1)
    twice.handOut(1)
    assert.throws(() => twice.handOut(1), InvariantViolation, "RA11")
  })
})
