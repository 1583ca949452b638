import { assert, describe, it } from "@effect/vitest"
import { InvariantViolation } from "../../src/invariant.ts"
import { Log } from "../../src/log/Log.ts"
import { entries, logOf, snapshot, termsOf } from "./entries.ts"

const fresh = snapshot(0, 0)

describe("Log, entries of a leader", () => {
  it("[RA3] it takes what follows a place it holds, and cuts only where an entry conflicts", () => {
    for (const { prev, sent, answer, terms } of [
      // Another term at that place, or nothing there.
      { prev: [3, 2], sent: [4], answer: undefined, terms: [1, 2, 3] },
      { prev: [4, 3], sent: [4], answer: undefined, terms: [1, 2, 3] },
      // Nothing new.
      { prev: [3, 3], sent: [], answer: 3, terms: [1, 2, 3] },
      { prev: [0, 0], sent: [], answer: 0, terms: [1, 2, 3] },
      { prev: [0, 0], sent: [1, 2, 3], answer: 3, terms: [1, 2, 3] },
      { prev: [1, 1], sent: [2], answer: 2, terms: [1, 2, 3] },
      // New entries at the end, some of them known.
      { prev: [3, 3], sent: [4], answer: 4, terms: [1, 2, 3, 4] },
      { prev: [3, 3], sent: [4, 4], answer: 5, terms: [1, 2, 3, 4, 4] },
      { prev: [1, 1], sent: [2, 3, 5], answer: 4, terms: [1, 2, 3, 5] },
      // Conflicts.
      { prev: [2, 2], sent: [4], answer: 3, terms: [1, 2, 4] },
      { prev: [1, 1], sent: [4], answer: 2, terms: [1, 4] },
      { prev: [1, 1], sent: [4, 4], answer: 3, terms: [1, 4, 4] },
      { prev: [1, 1], sent: [2, 4, 4], answer: 4, terms: [1, 2, 4, 4] }
    ] as const) {
      const log = logOf(fresh, 1, 2, 3)
      log.commitTo(1)
      const [index, term] = prev
      assert.strictEqual(log.maybeAppend(index, term, entries(index + 1, ...sent)), answer)
      assert.deepStrictEqual(termsOf(log), terms)
      assert.strictEqual(log.commit, 1)
    }
  })

  it("[RA7] an old message with fewer entries takes nothing away", () => {
    const log = logOf(fresh, 1, 1)
    log.maybeAppend(2, 1, entries(3, 1, 1, 1))
    assert.strictEqual(log.maybeAppend(2, 1, entries(3, 1)), 3)
    assert.strictEqual(log.lastIndex, 5)
    const broken = new Log(
      { snapshot: fresh, entries: entries(1, 1, 1, 1), commit: 0 },
      { truncateOnEveryAppend: true }
    )
    broken.maybeAppend(1, 1, [])
    assert.strictEqual(broken.lastIndex, 1)
    assert.deepStrictEqual(broken.handOut(1), {
      truncateFrom: 2,
      entries: [],
      snapshot: undefined
    })
  })

  it("[RA4] it stops where a committed entry would be replaced", () => {
    const log = logOf(fresh, 1, 2, 3)
    log.commitTo(2)
    assert.throws(() => log.maybeAppend(1, 1, entries(2, 4)), InvariantViolation, "RA4")
    assert.strictEqual(log.maybeAppend(2, 2, entries(3, 4)), 3)
  })
})

describe("Log, commits", () => {
  it("[RA7] the commit index never goes back, nor above the last entry", () => {
    const log = logOf(fresh, 1, 2, 3)
    log.commitTo(2)
    log.commitTo(1)
    assert.strictEqual(log.commit, 2)
    assert.throws(() => log.commitTo(4), InvariantViolation, "RA7")
  })

  it("[RA6] only an entry of the given term is committed by counting", () => {
    const log = logOf(fresh, 1, 1, 2)
    assert.isFalse(log.maybeCommit(2, 2))
    assert.isFalse(log.maybeCommit(4, 2))
    assert.isTrue(log.maybeCommit(3, 2))
    assert.isFalse(log.maybeCommit(3, 2))
    assert.strictEqual(log.commit, 3)
  })

  it("[RA9] it hands out what is committed and durable, each entry once", () => {
    for (const { handedOut, beforePersist, expected } of [
      { handedOut: 3, beforePersist: true, expected: [4, 5] },
      { handedOut: 4, beforePersist: true, expected: [5] },
      { handedOut: 3, beforePersist: false, expected: [4] },
      { handedOut: 4, beforePersist: false, expected: [] }
    ]) {
      const log = logOf(snapshot(3, 1), 1)
      log.append(entries(5, 1, 1))
      log.commitTo(handedOut)
      log.takeCommits(true)
      log.commitTo(5)
      assert.strictEqual(log.hasCommits(beforePersist), expected.length > 0)
      const given = log.takeCommits(beforePersist)
      assert.deepStrictEqual(
        given.map(({ index }) => index),
        expected
      )
      assert.isFalse(log.hasCommits(beforePersist))
      assert.deepStrictEqual(log.takeCommits(beforePersist), [])
    }
  })

  it("[RA7] applied never goes back, nor above what was handed out", () => {
    const log = logOf(fresh, 1, 1, 1)
    log.commitTo(3)
    assert.throws(() => log.appliedTo(1), InvariantViolation, "RA7")
    log.takeCommits(false)
    log.appliedTo(2)
    assert.throws(() => log.appliedTo(1), InvariantViolation, "RA7")
    log.appliedTo(3)
    assert.strictEqual(log.applied, 3)
  })

  it("[RA16] it knows of a membership change that is committed and not applied", () => {
    // Every fourth entry is one.
    const log = logOf(fresh, 1, 1, 1, 1, 1)
    assert.isFalse(log.hasUnappliedConfChange())
    log.commitTo(5)
    assert.isTrue(log.hasUnappliedConfChange())
    log.takeCommits(false)
    log.appliedTo(3)
    assert.isTrue(log.hasUnappliedConfChange())
    log.appliedTo(4)
    assert.isFalse(log.hasUnappliedConfChange())
  })
})
