import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { InvariantViolation } from "../../src/invariant.ts"
import { Progress } from "../../src/progress/Progress.ts"
import { runs } from "../quorum/quorums.ts"

const limits = { inflightMax: 3, inflightMaxBytes: 100 }

const made = (fields: Partial<Progress>) =>
  Object.assign(new Progress("b/1", false, 1, limits), fields)

describe("a progress", () => {
  it("begins with a probe, and counts as active", () => {
    const progress = new Progress("b/1", true, 7, limits)
    assert.deepStrictEqual(
      [progress.id, progress.isLearner, progress.state, progress.match, progress.next],
      ["b/1", true, "probe", 0, 7]
    )
    assert.deepStrictEqual([progress.recentActive, progress.isPaused], [true, false])
  })

  it.each([
    ["probe", false, false],
    ["probe", true, true],
    ["replicate", false, false],
    ["replicate", true, true],
    ["snapshot", false, true],
    ["snapshot", true, true]
  ] as const)("at %s with a paused flow (%s) is paused: %s", (state, isFlowPaused, paused) => {
    assert.strictEqual(made({ state, isFlowPaused }).isPaused, paused)
  })

  it("knows nothing in a new term, but who is a learner", () => {
    const progress = made({ state: "replicate", match: 5, next: 9, sentCommit: 4, isLearner: true })
    progress.sentEntries(1, 100)
    progress.reset(20)
    assert.deepStrictEqual(
      [progress.state, progress.match, progress.next, progress.sentCommit, progress.isLearner],
      ["probe", 0, 21, 0, true]
    )
    assert.deepStrictEqual(
      [progress.inflights.count, progress.isPaused, progress.recentActive],
      [0, false, false]
    )
  })

  it("takes the accepted index and is no longer paused", () => {
    for (const [index, match, next, news] of [
      [2, 3, 6, false],
      [3, 3, 6, false],
      [4, 4, 6, true],
      [5, 5, 6, true],
      [6, 6, 7, true]
    ] as const) {
      const progress = made({ match: 3, next: 6, isFlowPaused: true })
      assert.strictEqual(progress.maybeUpdate(index), news)
      assert.deepStrictEqual(
        [progress.match, progress.next, progress.isFlowPaused],
        [match, next, !news]
      )
    }
  })
})

describe("a refusal", () => {
  it.each([
    // An answer to an App that was overtaken.
    ["replicate", 5, 10, 5, 5, false, 10],
    ["replicate", 5, 10, 4, 4, false, 10],
    ["probe", 0, 10, 5, 5, false, 10],
    ["snapshot", 0, 10, 5, 5, false, 10],
    // Where much was sent at once, only the match is sure.
    ["replicate", 5, 10, 9, 7, true, 6],
    ["probe", 0, 10, 9, 9, true, 9],
    ["probe", 0, 10, 9, 2, true, 3],
    ["probe", 0, 10, 9, 0, true, 1],
    ["probe", 0, 2, 1, 1, true, 1],
    ["probe", 4, 10, 9, 2, true, 5]
  ] as const)(
    "at %s (match %d, next %d) of the App after %d with hint %d counts: %s, next %d",
    (state, match, next, rejected, hint, counts, expected) => {
      const progress = made({ state, match, next, sentCommit: next, isFlowPaused: true })
      assert.strictEqual(progress.maybeDecrease(rejected, hint), counts)
      assert.deepStrictEqual([progress.match, progress.next], [match, expected])
      assert.strictEqual(progress.sentCommit, counts ? expected - 1 : next)
      if (counts && state === "probe") assert.isFalse(progress.isPaused)
    }
  )
})

describe("sending", () => {
  it("stops a probe after one message with entries", () => {
    const progress = made({ next: 5 })
    progress.sentEntries(0, 0)
    assert.isFalse(progress.isPaused)
    progress.sentEntries(2, 60)
    assert.deepStrictEqual(
      [progress.isPaused, progress.next, progress.inflights.count],
      [true, 5, 0]
    )
  })

  it("[RA15] moves on at replicate until the window is full", () => {
    const progress = made({ state: "replicate", match: 4, next: 5 })
    progress.sentEntries(2, 60)
    assert.deepStrictEqual([progress.isPaused, progress.next], [false, 7])
    progress.sentEntries(1, 60)
    assert.deepStrictEqual([progress.isPaused, progress.next], [true, 8])
    assert.deepStrictEqual(progress.inflights.messages(), [
      { index: 6, bytes: 60 },
      { index: 7, bytes: 60 }
    ])
    // After the answer to a heartbeat an empty App may ask whether anything arrived.
    progress.isFlowPaused = false
    progress.sentEntries(0, 0)
    assert.deepStrictEqual([progress.isPaused, progress.next], [true, 8])
    assert.throws(() => progress.sentEntries(1, 1), InvariantViolation, "RA15")
  })

  it("[RA15] has no place while a snapshot is on its way", () => {
    const progress = made({ next: 5 })
    progress.becomeSnapshot(10)
    assert.throws(() => progress.sentEntries(0, 0), InvariantViolation, "RA15")
  })

  it("tells a commit index once, and again where the message may be lost", () => {
    const progress = made({ state: "replicate", match: 4, next: 8 })
    assert.isTrue(progress.canBumpCommit(5))
    progress.sentCommit = 5
    assert.isFalse(progress.canBumpCommit(5))
    assert.isTrue(progress.canBumpCommit(6))
    // The follower has up to 7 at most: more cannot reach it yet.
    progress.sentCommit = 7
    assert.isFalse(progress.canBumpCommit(9))
    progress.becomeProbe()
    assert.strictEqual(progress.sentCommit, 4)
    progress.maybeUpdate(7)
    assert.isTrue(progress.canBumpCommit(6))
  })
})

describe("the states", () => {
  it("a probe begins behind what matches", () => {
    const progress = made({ state: "replicate", match: 1, next: 5 })
    progress.sentEntries(1, 100)
    progress.becomeProbe()
    assert.deepStrictEqual(
      [progress.state, progress.next, progress.isPaused, progress.inflights.count],
      ["probe", 2, false, 0]
    )
  })

  it("a probe after a snapshot begins behind it, unless it failed", () => {
    const sent = made({ match: 1, next: 5 })
    sent.becomeSnapshot(10)
    assert.deepStrictEqual([sent.next, sent.sentCommit, sent.pendingSnapshot], [11, 10, 10])
    sent.becomeProbe()
    assert.deepStrictEqual([sent.state, sent.next, sent.pendingSnapshot], ["probe", 11, 0])

    const failed = made({ match: 1, next: 5 })
    failed.becomeSnapshot(10)
    failed.pendingSnapshot = 0
    failed.becomeProbe()
    assert.deepStrictEqual([failed.next, failed.sentCommit], [2, 1])

    const overtaken = made({ match: 1, next: 5 })
    overtaken.becomeSnapshot(10)
    overtaken.maybeUpdate(15)
    overtaken.becomeProbe()
    assert.deepStrictEqual([overtaken.match, overtaken.next], [15, 16])
  })

  it("replication begins behind what matches", () => {
    const progress = made({ match: 1, next: 5, isFlowPaused: true })
    progress.becomeReplicate()
    assert.deepStrictEqual(
      [progress.state, progress.next, progress.isPaused],
      ["replicate", 2, false]
    )
  })
})

describe("whatever happens", () => {
  const index = fc.nat({ max: 30 })
  const act = fc.oneof(
    { weight: 6, arbitrary: fc.record({ sent: fc.nat({ max: 3 }), bytes: fc.nat({ max: 60 }) }) },
    fc.record({ accepted: index }),
    fc.record({ rejected: index, hint: index }),
    fc.record({ snapshot: index }),
    fc.record({ newTerm: index }),
    fc.constantFrom("probe" as const, "replicate" as const, "heard" as const)
  )

  it("[RA15] the match is below next, and the window within its limits", () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60, size: "max" }), (acts) => {
        const progress = new Progress("b/1", false, 1, limits)
        for (const one of acts) {
          const before = { match: progress.match, state: progress.state }
          if (one === "probe") progress.becomeProbe()
          else if (one === "replicate") progress.becomeReplicate()
          else if (one === "heard") progress.isFlowPaused = false
          else if ("snapshot" in one) progress.becomeSnapshot(progress.match + one.snapshot)
          else if ("newTerm" in one) progress.reset(one.newTerm)
          else if ("accepted" in one) {
            if (progress.maybeUpdate(one.accepted)) progress.inflights.freeUpTo(one.accepted)
          } else if ("rejected" in one) progress.maybeDecrease(one.rejected, one.hint)
          else if (!progress.isPaused) {
            progress.sentEntries(progress.inflights.isFull ? 0 : one.sent, one.bytes)
          }
          seen.add(`${progress.state}${progress.isPaused ? " paused" : ""}`)
          const newTerm = typeof one === "object" && "newTerm" in one
          assert.isTrue(newTerm || progress.match >= before.match, "the match went back")
          assert.isBelow(progress.match, progress.next)
          assert.isAtMost(progress.inflights.count, limits.inflightMax)
          assert.isBelow(progress.inflights.bytes, limits.inflightMaxBytes + 60)
          if (progress.state !== "replicate") assert.strictEqual(progress.inflights.count, 0)
          assert.strictEqual(progress.state === "snapshot" || progress.pendingSnapshot === 0, true)
        }
      }),
      runs(400)
    )
    assert.deepStrictEqual([...seen].toSorted(), [
      "probe",
      "probe paused",
      "replicate",
      "replicate paused",
      "snapshot paused"
    ])
  }, 600_000)

  it("a follower catches up, through losses and repetitions, once they end", () => {
    const fate = fc.constantFrom("arrives", "arrives", "lost", "repeated")
    fc.assert(
      fc.property(
        fc.record({ last: fc.integer({ min: 1, max: 30 }), compacted: index, common: index }),
        fc.array(fate, { maxLength: 40 }),
        ({ last, compacted, common }, fates) => {
          const follower = { common: Math.min(common, last), length: common + 3 }
          const leader = new Progress("b/1", false, 1, limits)
          leader.reset(last)
          let rounds = 0
          while (leader.match < last) {
            rounds += 1
            assert.isBelow(rounds, fates.length + 3 * last + 10, "it goes round in circles")
            exchange(leader, follower, { last, compacted: Math.min(compacted, last) }, fates.pop())
            assert.isBelow(leader.match, leader.next)
            assert.isAtMost(leader.match, follower.common, "more is believed than is true")
          }
          assert.strictEqual(leader.state, "replicate")
        }
      ),
      runs(400)
    )
  })
})

/** `common`: how far the two logs are equal. */
interface Follower {
  common: number
  length: number
}

/** One heartbeat and its answer; then the leader sends what it may, and each message has the same fate. */
const exchange = (
  leader: Progress,
  follower: Follower,
  log: { readonly last: number; readonly compacted: number },
  fate: string | undefined
): void => {
  leader.isFlowPaused = false
  const answers: Array<() => void> = []
  do {
    const prev = leader.next - 1
    if (leader.state === "snapshot" || prev < log.compacted) {
      leader.becomeSnapshot(log.compacted)
      if (fate !== "lost") {
        follower.common = Math.max(follower.common, log.compacted)
        answers.push(() => accepted(leader, log.compacted))
      }
      break
    }
    const count = leader.inflights.isFull ? 0 : Math.min(2, log.last - prev)
    leader.sentEntries(count, 20 * count)
    const copies = fate === "lost" ? 0 : fate === "repeated" ? 2 : 1
    for (let copy = 0; copy < copies; copy++) answers.push(received(leader, follower, prev, count))
    if (count === 0) break
  } while (!leader.isPaused)
  for (const answer of answers) answer()
}

const received = (leader: Progress, follower: Follower, prev: number, count: number) => {
  if (prev <= follower.common) {
    follower.common = Math.max(follower.common, prev + count)
    follower.length = Math.max(follower.length, follower.common)
    return () => accepted(leader, prev + count)
  }
  const hint = Math.min(prev, follower.length)
  return () => {
    // The last place that the follower has may still differ: then the next probe is one further back.
    const place = hint === prev ? hint - 1 : hint
    if (leader.maybeDecrease(prev, place) && leader.state === "replicate") leader.becomeProbe()
  }
}

const accepted = (leader: Progress, index: number): void => {
  if (!leader.maybeUpdate(index) && !(leader.match === index && leader.state === "probe")) return
  if (leader.state === "replicate") leader.inflights.freeUpTo(index)
  else {
    leader.becomeProbe()
    leader.becomeReplicate()
  }
}
