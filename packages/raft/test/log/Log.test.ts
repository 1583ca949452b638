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

describe("Log, snapshots", () => {
  it("drops what its own snapshot makes needless, and keeps the rest", () => {
    const log = logOf(fresh, ...Array.from({ length: 1000 }, (_, at) => at + 1))
    log.append(entries(1001, 1001))
    log.commitTo(1000)
    log.takeCommits(false)
    log.appliedTo(900)
    log.compact(snapshot(800, 800), 501)
    assert.deepStrictEqual([log.firstIndex, log.lastIndex, log.lastTime], [501, 1001, 11_011])
    assert.isUndefined(log.term(499))
    for (const index of [500, 501, 1001]) assert.strictEqual(log.term(index), index)
    assert.deepStrictEqual(log.unpersisted()?.entries, entries(1001, 1001))
    // An earlier place drops nothing; the same snapshot may free more later.
    log.compact(snapshot(800, 800), 301)
    assert.strictEqual(log.firstIndex, 501)
    log.compact(snapshot(800, 800), 801)
    assert.strictEqual(log.firstIndex, 801)
    assert.strictEqual(log.slice(801, Infinity).length, 201)
  })

  it("[RA14] its own snapshot holds what is applied, and is of this log", () => {
    const log = logOf(fresh, 1, 1, 2)
    log.commitTo(3)
    log.takeCommits(false)
    log.appliedTo(2)
    assert.throws(() => log.compact(snapshot(3, 2), 1), InvariantViolation, "RA14")
    assert.throws(() => log.compact(snapshot(2, 2), 1), InvariantViolation, "RA14")
    assert.throws(() => log.compact(snapshot(2, 1), 4), InvariantViolation, "RA7")
    log.compact(snapshot(2, 1), 3)
    assert.deepStrictEqual([log.firstIndex, log.lastTerm], [3, 2])
  })

  it("a received one replaces the log, and nothing is handed out until it is durable", () => {
    const log = logOf(fresh, 1, 1, 1)
    log.commitTo(2)
    log.takeCommits(false)
    const received = snapshot(8, 2)
    log.restore(received)
    assert.deepStrictEqual(
      [log.firstIndex, log.lastIndex, log.commit, log.lastTerm, log.lastTime],
      [9, 8, 8, 2, 28]
    )
    log.maybeAppend(8, 2, entries(9, 2, 2))
    log.commitTo(10)
    // Two were handed out before, and all that is committed is still on the disk.
    assert.deepStrictEqual([log.handedOut, log.durable, log.hasPendingSnapshot], [2, 2, true])
    assert.isFalse(log.hasCommits(true))
    assert.deepStrictEqual(log.handOut(1), {
      truncateFrom: undefined,
      entries: entries(9, 2, 2),
      snapshot: received
    })
    log.appliedTo(2)
    assert.strictEqual(log.persisted(1), received)
    assert.deepStrictEqual([log.handedOut, log.applied, log.durable], [8, 8, 10])
    assert.isFalse(log.hasPendingSnapshot)
    assert.deepStrictEqual(log.takeCommits(false), entries(9, 2, 2))
    // The application may report late what it had been given before.
    log.appliedTo(1)
    assert.strictEqual(log.applied, 8)
    log.appliedTo(10)
    assert.throws(() => log.appliedTo(9), InvariantViolation, "RA7")
  })

  it("a second one that comes before the first is durable keeps the log waiting", () => {
    const log = logOf(fresh)
    log.restore(snapshot(5, 1))
    log.handOut(1)
    log.restore(snapshot(9, 1))
    assert.strictEqual(log.persisted(1)?.index, 5)
    assert.deepStrictEqual([log.applied, log.hasPendingSnapshot], [5, true])
    // A snapshot that the application took of the first is not news.
    log.compact(snapshot(5, 1), 6)
    assert.strictEqual(log.snapshot.index, 9)
    log.handOut(2)
    assert.strictEqual(log.persisted(2)?.index, 9)
    assert.isFalse(log.hasPendingSnapshot)
  })

  it("[RA7] one at or below the commit index replaces nothing", () => {
    const log = logOf(fresh, 1, 1)
    log.commitTo(2)
    assert.throws(() => log.restore(snapshot(2, 1)), InvariantViolation, "RA7")
  })
})

describe("Log, after a restart", () => {
  it("begins with the snapshot, and hands out again what is committed behind it", () => {
    const log = new Log({ snapshot: snapshot(5, 2), entries: entries(6, 2, 3), commit: 6 }, {})
    assert.deepStrictEqual(
      [log.firstIndex, log.lastIndex, log.commit, log.applied, log.durable],
      [6, 7, 6, 5, 7]
    )
    assert.isUndefined(log.unpersisted())
    assert.deepStrictEqual(log.takeCommits(false), entries(6, 2))
  })

  it("the snapshot is committed, whatever the disk says", () => {
    const log = new Log({ snapshot: snapshot(5, 2), entries: [], commit: 3 }, {})
    assert.deepStrictEqual([log.commit, log.lastTerm, log.lastTime], [5, 2, 25])
  })

  it("keeps entries that reach back behind the snapshot, for followers that are late", () => {
    const log = new Log(
      { snapshot: snapshot(5, 2), entries: entries(3, 1, 1, 2, 3), commit: 5 },
      {}
    )
    assert.deepStrictEqual([log.firstIndex, log.term(3), log.term(2)], [4, 1, undefined])
    assert.deepStrictEqual(log.slice(4, Infinity), entries(4, 1, 2, 3))
    assert.deepStrictEqual([log.applied, log.hasCommits(false)], [5, false])
  })

  it("[RA3] the snapshot and the entries are of one log", () => {
    assert.throws(restored(5, 2, 7, 2), InvariantViolation, "RA3")
    assert.throws(restored(5, 2, 4, 2, 3), InvariantViolation, "RA3")
    assert.throws(restored(5, 2, 3, 2, 2), InvariantViolation, "RA3")
    assert.throws(
      () => new Log({ snapshot: fresh, entries: entries(1, 1), commit: 2 }, {}),
      InvariantViolation,
      "RA7"
    )
  })
})

const restored =
  (index: number, term: number, first: number, ...terms: ReadonlyArray<number>) =>
  () =>
    new Log({ snapshot: snapshot(index, term), entries: entries(first, ...terms), commit: 0 }, {})
