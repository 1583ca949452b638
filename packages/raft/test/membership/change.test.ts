import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { IncarnationId } from "../../src/IncarnationId.ts"
import {
  applyChange,
  type ChangeProblem,
  enterJoint,
  leaveJoint,
  simple
} from "../../src/membership/change.ts"
import type { ConfChange, ConfChangeStep } from "../../src/membership/ConfChange.ts"
import {
  type Configuration,
  emptyConfiguration,
  isJoint,
  sameConfiguration,
  withVoters
} from "../../src/membership/Configuration.ts"
import { isQuorum, nodes, quorums, runs } from "../quorum/quorums.ts"

/** "v1 l2 r3": make 1 a voter, 2 a learner, and remove 3. */
const steps = (text: string): ReadonlyArray<ConfChangeStep> =>
  text.split(" ").map((word) => ({
    kind: ({ v: "AddVoter", l: "AddLearner", r: "Remove" } as const)[word[0] as "v" | "l" | "r"],
    node: word.slice(1)
  }))

const auto = (text: string): ConfChange => ({ transition: "Auto", changes: steps(text) })

const brief = (outcome: Configuration | ChangeProblem) =>
  typeof outcome === "string"
    ? outcome
    : [
        outcome.voters.join(" "),
        ...(isJoint(outcome) ? [`&& ${outcome.votersOutgoing.join(" ")}`] : []),
        ...(outcome.learners.length > 0 ? [`learners ${outcome.learners.join(" ")}`] : []),
        ...(outcome.learnersNext.length > 0 ? [`next ${outcome.learnersNext.join(" ")}`] : []),
        ...(outcome.autoLeave ? ["auto"] : [])
      ].join(", ")

const from = (voters: string, learners = ""): Configuration => ({
  ...withVoters(voters === "" ? [] : voters.split(" ")),
  learners: learners === "" ? [] : learners.split(" ")
})

const entered = (configuration: Configuration, change: ConfChange): Configuration => {
  const next = applyChange(configuration, change)
  if (typeof next === "string") throw new Error(next)
  return next
}

describe("a single step", () => {
  it.each([
    ["", "", "v1", "1"],
    ["1", "", "v2 l3", "1 2, learners 3"],
    ["1 2", "", "l1", "2, learners 1"],
    ["2", "1", "v1", "1 2"],
    ["1 2 3", "", "l1 v1", "1 2 3"],
    ["1 3", "2", "v2 l2", "1 3, learners 2"],
    ["1 2", "3", "l2 l3 l4 l5", "1, learners 2 3 4 5"],
    ["1", "2 3", "r2 r3 r4", "1"],
    ["1", "", "l1", "NoVoters"],
    ["", "", "l1", "NoVoters"],
    ["1 2", "3", "r1 r2", "NoVoters"],
    ["1 2", "3", "r1 v5", "SeveralVoters"],
    ["1 2", "3", "v3 v4", "SeveralVoters"]
  ])("from voters (%s) and learners (%s), %s: %s", (voters, learners, text, expected) => {
    assert.strictEqual(brief(simple(from(voters, learners), steps(text))), expected)
  })

  it("may be empty or repeated", () => {
    assert.strictEqual(brief(simple(from("1 2"), [])), "1 2")
    assert.strictEqual(brief(simple(from("1 2"), steps("v1 r9 v2"))), "1 2")
  })

  it("has no place in a joint configuration", () => {
    const joint = entered(from("1"), { transition: "JointExplicit", changes: steps("v2") })
    assert.strictEqual(brief(simple(joint, steps("l15"))), "Joint")
    assert.strictEqual(brief(applyChange(joint, auto("l15"))), "Joint")
  })
})

describe("a joint configuration", () => {
  it.each([
    ["1", "", "v2 v3", "1 2 3, && 1", "1 2 3"],
    ["1", "", "v2 l1", "2, && 1, next 1", "2, learners 1"],
    [
      "1",
      "",
      "r1 r2 r9 v2 v3 v4 v2 v3 v4 l2 l2 r4 r4 l1 l1",
      "3, && 1, learners 2, next 1",
      "3, learners 1 2"
    ],
    ["1", "", "r1 v2 v3 l4", "2 3, && 1, learners 4", "2 3, learners 4"],
    ["1 2", "3", "l1 l2 v3", "3, && 1 2, next 1 2", "3, learners 1 2"],
    ["1 2", "", "l1 v1", "1 2, && 1 2", "1 2"]
  ])(
    "from voters (%s) and learners (%s), %s: %s, and then %s",
    (voters, learners, text, joint, left) => {
      const inside = enterJoint(from(voters, learners), false, steps(text))
      assert.strictEqual(brief(inside), joint)
      assert.strictEqual(brief(leaveJoint(inside as Configuration)), left)
    }
  )

  it("cannot be entered without voters, or without any left, or twice", () => {
    assert.strictEqual(brief(enterJoint(emptyConfiguration, false, steps("v1"))), "NoVotersYet")
    assert.strictEqual(brief(enterJoint(from("1"), false, steps("r1"))), "NoVoters")
    const joint = enterJoint(from("1"), true, []) as Configuration
    assert.strictEqual(brief(joint), "1, && 1, auto")
    assert.strictEqual(brief(enterJoint(joint, false, steps("v12"))), "AlreadyJoint")
  })

  it("cannot be left by who is not in it", () => {
    assert.strictEqual(brief(leaveJoint(from("1"))), "NotJoint")
  })
})

describe("a change", () => {
  it.each([
    ["v4", "1 2 3 4"],
    ["v4 l5", "1 2 3 4, learners 5"],
    ["r3 l3", "1 2, learners 3"],
    ["v4 v5", "1 2 3 4 5, && 1 2 3, auto"],
    ["r1 v4", "2 3 4, && 1 2 3, auto"],
    ["l1 l2", "3, && 1 2 3, next 1 2, auto"],
    ["r1 r2 r3", "NoVoters"],
    ["v1", "Unchanged"],
    ["r9", "Unchanged"],
    ["v4 r4", "Unchanged"]
  ])("of its own accord takes the shortest way: %s from (1 2 3) gives %s", (text, expected) => {
    assert.strictEqual(brief(applyChange(from("1 2 3"), auto(text))), expected)
  })

  it.each([
    ["JointImplicit", "1 2, && 1, auto"],
    ["JointExplicit", "1 2, && 1"]
  ] as const)("is joint where %s asks for it", (transition, expected) => {
    assert.strictEqual(
      brief(applyChange(from("1"), { transition, changes: steps("v2") })),
      expected
    )
  })

  it("without steps leaves, whatever its transition", () => {
    const joint = entered(from("1"), auto("v2 v3"))
    for (const transition of ["Auto", "JointImplicit", "JointExplicit"] as const) {
      assert.strictEqual(brief(applyChange(joint, { transition, changes: [] })), "1 2 3")
      assert.strictEqual(brief(applyChange(from("1"), { transition, changes: [] })), "NotJoint")
    }
  })

  it("that names nobody is refused", () => {
    const changes: ConfChange["changes"] = [{ kind: "Remove", node: "" }]
    assert.strictEqual(applyChange(from("1"), { transition: "Auto", changes }), "NoName")
  })
})

describe("any sequence of changes", () => {
  it("[RA10] keeps the lists sorted, apart, and with a voter", () => {
    walk((_before, _change, after) => assert.deepStrictEqual(flaws(after), []))
  })

  it("gives what each node was last made", () => {
    const made = new Map<IncarnationId, string>()
    walk((before, change, after) => {
      if (before === emptyConfiguration) made.clear()
      for (const { kind, node } of change.changes) made.set(node, kind)
      const are = (kind: string) => nodes.filter((id) => made.get(id) === kind)
      assert.deepStrictEqual(after.voters, are("AddVoter"))
      assert.deepStrictEqual(
        [...after.learners, ...after.learnersNext].toSorted(),
        are("AddLearner")
      )
      assert.deepStrictEqual(after.votersOutgoing, outgoingOf(before, after))
    })
  })

  it("[RA10] lets every quorum before a change meet every quorum after it", () => {
    walk((before, _change, after) => {
      if (before.voters.length === 0) return
      for (const quorum of quorums(before)) {
        const others = nodes.filter((id) => !quorum.includes(id))
        assert.isFalse(isQuorum(after, others), `${brief(before)} -> ${brief(after)}`)
      }
    })
  })

  it("[RA10] changes at most one voter in a single step, and takes one where it can", () => {
    let singles = 0
    walk((before, change, after) => {
      if (change.transition !== "Auto" || change.changes.length === 0) return
      const changed = nodes.filter((id) => before.voters.includes(id) !== after.voters.includes(id))
      assert.strictEqual(isJoint(after), changed.length > 1)
      if (!isJoint(after)) singles += 1
    })
    assert.isAbove(singles, 0)
  })

  it("leads through a joint configuration where its steps lead one by one", () => {
    const some = fc.array(
      step.filter(({ node }) => node !== "a/1"),
      { maxLength: 8 }
    )
    fc.assert(
      fc.property(some, some, fc.boolean(), (first, second, autoLeave) => {
        // One voter that is never touched: otherwise single steps could not go on.
        const start = oneByOne(withVoters(["a/1"]), first)
        const joint = enterJoint(start, autoLeave, second) as Configuration
        assert.strictEqual(joint.autoLeave, autoLeave)
        assert.deepStrictEqual(leaveJoint(joint), oneByOne(start, second))
      }),
      runs(300)
    )
  })

  it("is answered with a problem where it cannot go on, and leaves the old configuration as it was", () => {
    const problems = new Set<string>()
    fc.assert(
      fc.property(fc.array(change, { maxLength: 8 }), (changes) => {
        let now = emptyConfiguration
        for (const one of changes) {
          const copy = structuredClone(now)
          const next = applyChange(now, one)
          assert.deepStrictEqual(now, copy)
          if (typeof next === "string") problems.add(next)
          else {
            assert.isFalse(sameConfiguration(now, next))
            now = next
          }
        }
      }),
      runs(300)
    )
    const all = ["AlreadyJoint", "Joint", "NoVoters", "NoVotersYet", "NotJoint", "Unchanged"]
    assert.deepStrictEqual([...problems].toSorted(), all)
  })
})

const oneByOne = (start: Configuration, all: ReadonlyArray<ConfChangeStep>): Configuration =>
  all.reduce((now, one) => simple(now, [one]) as Configuration, start)

const kind = fc.constantFrom("AddVoter", "AddVoter", "AddLearner", "Remove")
const step: fc.Arbitrary<ConfChangeStep> = fc.record({ kind, node: fc.constantFrom(...nodes) })
const change: fc.Arbitrary<ConfChange> = fc.record({
  transition: fc.constantFrom("Auto", "Auto", "JointImplicit", "JointExplicit"),
  changes: fc.array(step, { maxLength: 3 })
})

/** Calls `look` for every change of a random sequence that is taken; it begins with nobody. */
const walk = (
  look: (before: Configuration, change: ConfChange, after: Configuration) => void
): void => {
  let taken = 0
  fc.assert(
    fc.property(fc.array(change, { minLength: 4, maxLength: 12 }), (changes) => {
      let now = emptyConfiguration
      for (const one of changes) {
        const next = applyChange(now, one)
        if (typeof next === "string") continue
        look(now, one, next)
        now = next
        taken += 1
      }
    }),
    runs(300)
  )
  assert.isAbove(taken, 100)
}

const outgoingOf = (before: Configuration, after: Configuration) =>
  isJoint(after) ? (isJoint(before) ? before.votersOutgoing : before.voters) : []

const overlap = (one: ReadonlyArray<string>, other: ReadonlyArray<string>) =>
  one.some((id) => other.includes(id))

/** What is wrong with a configuration, by its definition. */
const flaws = (configuration: Configuration): ReadonlyArray<string> => {
  const { autoLeave, learners, learnersNext, voters, votersOutgoing } = configuration
  const found: Array<string> = []
  for (const list of [voters, votersOutgoing, learners, learnersNext]) {
    const sorted = list.every((id, position) => position === 0 || list[position - 1]! < id)
    if (!sorted) found.push(`not sorted: ${list.join(" ")}`)
  }
  if (voters.length === 0) found.push("nobody votes")
  if (overlap(voters, learners)) found.push("a voter is a learner")
  if (overlap(votersOutgoing, learners)) found.push("an outgoing voter is a learner already")
  if (overlap(voters, learnersNext)) found.push("a voter shall become a learner")
  if (!learnersNext.every((id) => votersOutgoing.includes(id))) found.push("held back for nothing")
  if (votersOutgoing.length === 0 && autoLeave) found.push("leaves what it is not in")
  return found
}
