import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { applyChange } from "../../src/membership/change.ts"
import {
  type Configuration,
  emptyConfiguration,
  withVoters
} from "../../src/membership/Configuration.ts"
import { Tracker } from "../../src/progress/Tracker.ts"
import * as Joint from "../../src/quorum/Joint.ts"
import { matches, runs, voters } from "../quorum/quorums.ts"

const limits = { inflightMax: 4, inflightMaxBytes: 100 }

const tracked = (configuration: Configuration, breaks = {}) =>
  new Tracker(configuration, limits, breaks)

const abc = withVoters(["a/1", "b/1", "c/1"])
const withLearner: Configuration = { ...abc, learners: ["d/1"] }
const joint: Configuration = { ...abc, votersOutgoing: ["c/1", "d/1"], learners: ["e/1"] }

/** "a/1 3<4" is matched up to 3 and sent from 4 on; a star marks a learner. */
const brief = (tracker: Tracker) =>
  tracker.progress.map((of) => `${of.id} ${of.match}<${of.next}${of.isLearner ? "*" : ""}`)

const reach = (tracker: Tracker, reached: Readonly<Record<string, number>>) => {
  for (const progress of tracker.progress) progress.maybeUpdate(reached[progress.id] ?? 0)
}

describe("the members of a tracker", () => {
  it("are probed at the last entry when they come, and counted as active", () => {
    const tracker = tracked(emptyConfiguration)
    assert.deepStrictEqual(brief(tracker), [])
    tracker.reconfigure(withLearner, 0)
    assert.deepStrictEqual(brief(tracker), ["a/1 0<1", "b/1 0<1", "c/1 0<1", "d/1 0<1*"])
    tracker.reconfigure({ ...withLearner, voters: ["B/1", ...abc.voters] }, 9)
    assert.strictEqual(brief(tracker)[0], "B/1 0<9")
    assert.isTrue(tracker.progress.every((progress) => progress.recentActive))
  })

  it("keep what is known of them through promotion and demotion", () => {
    const tracker = tracked(abc)
    reach(tracker, { "b/1": 5 })
    const before = tracker.get("b/1")
    tracker.reconfigure({ ...withVoters(["a/1", "c/1"]), learners: ["b/1"] }, 9)
    assert.deepStrictEqual(brief(tracker), ["a/1 0<1", "b/1 5<6*", "c/1 0<1"])
    tracker.reconfigure(abc, 9)
    assert.deepStrictEqual(brief(tracker), ["a/1 0<1", "b/1 5<6", "c/1 0<1"])
    assert.strictEqual(tracker.get("b/1"), before)
  })

  it("are no learners while they vote in the outgoing half", () => {
    const tracker = tracked(withVoters(["a/1"]))
    tracker.reconfigure(
      applyChange(tracker.configuration, {
        transition: "JointExplicit",
        changes: [
          { kind: "AddVoter", node: "b/1" },
          { kind: "AddLearner", node: "a/1" }
        ]
      }) as Configuration,
      3
    )
    assert.deepStrictEqual(brief(tracker), ["a/1 0<1", "b/1 0<3"])
    const left = applyChange(tracker.configuration, { transition: "Auto", changes: [] })
    tracker.reconfigure(left as Configuration, 4)
    assert.deepStrictEqual(brief(tracker), ["a/1 0<1*", "b/1 0<3"])
  })

  it("begin anew when they were away for a change, and not when they only were within one", () => {
    const tracker = tracked(abc)
    reach(tracker, { "b/1": 5, "c/1": 6 })
    tracker.reconfigure(withVoters(["a/1", "b/1"]), 8)
    assert.isUndefined(tracker.get("c/1"))
    tracker.reconfigure(abc, 9)
    assert.deepStrictEqual(brief(tracker), ["a/1 0<1", "b/1 5<6", "c/1 0<9"])
    const outAndIn = applyChange(tracker.configuration, {
      transition: "JointExplicit",
      changes: [
        { kind: "Remove", node: "b/1" },
        { kind: "AddVoter", node: "b/1" }
      ]
    })
    tracker.reconfigure(outAndIn as Configuration, 10)
    assert.strictEqual(brief(tracker)[1], "b/1 5<6")
  })

  it("are unknown in a new term, but ourselves", () => {
    const tracker = tracked(withLearner)
    reach(tracker, { "a/1": 7, "b/1": 5 })
    tracker.recordVote("b/1", true)
    tracker.reset(7, "a/1")
    assert.deepStrictEqual(brief(tracker), ["a/1 7<8", "b/1 0<8", "c/1 0<8", "d/1 0<8*"])
    assert.isFalse(tracker.progress.some((progress) => progress.recentActive))
    assert.strictEqual(tracker.votes.size, 0)
  })
})

describe("the committed index of a tracker", () => {
  it("[RA9] is what a quorum of voters holds, and learners do not count", () => {
    const tracker = tracked(withLearner)
    reach(tracker, { "a/1": 9, "d/1": 9 })
    assert.strictEqual(tracker.committed(), 0)
    reach(tracker, { "c/1": 4 })
    assert.strictEqual(tracker.committed(), 4)
  })

  it("[RA9] needs both halves while the configuration is joint", () => {
    const tracker = tracked(joint)
    reach(tracker, { "a/1": 9, "b/1": 8, "e/1": 9 })
    assert.strictEqual(tracker.committed(), 0)
    reach(tracker, { "c/1": 7, "d/1": 6 })
    assert.strictEqual(tracker.committed(), 6)
  })

  it("follows each change of membership", () => {
    const tracker = tracked(abc)
    reach(tracker, { "a/1": 9, "b/1": 5 })
    tracker.reconfigure(withVoters(["a/1", "b/1"]), 9)
    assert.strictEqual(tracker.committed(), 5)
    tracker.reconfigure(withVoters(["a/1"]), 9)
    assert.strictEqual(tracker.committed(), 9)
  })

  it("agrees with the quorum, for all voters and matches", () => {
    fc.assert(
      fc.property(voters, voters, matches, (some, others, reached) => {
        const tracker = tracked({ ...withVoters(some), votersOutgoing: others })
        reach(tracker, reached)
        const expected = Joint.committedIndex(tracker.configuration, (id) => reached[id])
        assert.strictEqual(tracker.committed(), expected)
      }),
      runs(100)
    )
  })
})

describe("the votes", () => {
  it("[RA8] count once each: the first", () => {
    const tracker = tracked(abc)
    tracker.recordVote("a/1", true)
    tracker.recordVote("b/1", false)
    tracker.recordVote("b/1", true)
    assert.deepStrictEqual(tracker.tally(), { granted: 1, rejected: 1, result: "pending" })
    tracker.recordVote("c/1", true)
    assert.deepStrictEqual(tracker.tally(), { granted: 2, rejected: 1, result: "won" })
    tracker.resetVotes()
    assert.deepStrictEqual(tracker.tally(), { granted: 0, rejected: 0, result: "pending" })
  })

  it("of learners and strangers do not count", () => {
    const tracker = tracked(withLearner)
    for (const id of ["a/1", "d/1", "x/1"]) tracker.recordVote(id, true)
    assert.deepStrictEqual(tracker.tally(), { granted: 1, rejected: 0, result: "pending" })
  })

  it("are asked in both halves", () => {
    const tracker = tracked(joint)
    for (const id of ["a/1", "b/1", "c/1", "e/1"]) tracker.recordVote(id, true)
    assert.deepStrictEqual(tracker.tally(), { granted: 3, rejected: 0, result: "pending" })
    tracker.recordVote("d/1", false)
    assert.strictEqual(tracker.tally().result, "lost")
  })
})

describe("a quorum", () => {
  it("is active when a majority of each half answered, whoever listens", () => {
    const tracker = tracked({ ...joint, votersOutgoing: ["c/1"] })
    tracker.reset(5, "a/1")
    const answered = (id: string) => Object.assign(tracker.get(id)!, { recentActive: true })
    for (const id of ["a/1", "b/1", "e/1"]) answered(id)
    assert.isFalse(tracker.isQuorumActive())
    answered("c/1")
    assert.isTrue(tracker.isQuorumActive())
  })
})

describe("with the switch countLearners", () => {
  it("learners commit and vote", () => {
    const tracker = tracked(withLearner, { countLearners: true })
    reach(tracker, { "a/1": 9, "b/1": 8, "d/1": 7 })
    assert.strictEqual(tracker.committed(), 7)
    for (const id of ["a/1", "b/1", "d/1"]) tracker.recordVote(id, true)
    assert.deepStrictEqual(tracker.tally(), { granted: 3, rejected: 0, result: "won" })
  })
})
