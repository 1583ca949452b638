import { assert, describe, it } from "@effect/vitest"
import { InvariantViolation } from "../../src/invariant.ts"
import { Log } from "../../src/log/Log.ts"
import { entries, logOf, snapshot } from "./entries.ts"

const fresh = snapshot(0, 0)

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
