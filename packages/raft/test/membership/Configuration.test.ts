import { assert, describe, it } from "@effect/vitest"
import {
  type Configuration,
  emptyConfiguration,
  isJoint,
  isLearner,
  isVoter,
  members,
  sameConfiguration,
  withVoters
} from "../../src/membership/Configuration.ts"

const joint: Configuration = {
  voters: ["b/1", "c/1"],
  votersOutgoing: ["a/1", "b/1"],
  learners: ["d/1"],
  learnersNext: ["a/1"],
  autoLeave: true
}

describe("a configuration", () => {
  it("of given voters is sorted by code unit and holds no id twice", () => {
    assert.deepStrictEqual(withVoters(["b/10", "a/1", "b/2", "B/1", "a/1"]), {
      ...emptyConfiguration,
      voters: ["B/1", "a/1", "b/10", "b/2"]
    })
  })

  it("has as members all who vote in either half and all who listen", () => {
    assert.deepStrictEqual(members(joint), ["a/1", "b/1", "c/1", "d/1"])
    assert.deepStrictEqual(members(emptyConfiguration), [])
  })

  it("lets an outgoing voter vote until it is left", () => {
    assert.deepStrictEqual(
      ["a/1", "b/1", "c/1", "d/1", "e/1"].map((id) => isVoter(joint, id)),
      [true, true, true, false, false]
    )
    assert.deepStrictEqual(
      ["a/1", "c/1", "d/1", "e/1"].map((id) => isLearner(joint, id)),
      [false, false, true, false]
    )
  })

  it("is joint while it has outgoing voters", () => {
    assert.isTrue(isJoint(joint))
    assert.isFalse(isJoint(withVoters(["a/1"])))
  })

  it("equals another only in all of its parts", () => {
    assert.isTrue(sameConfiguration(joint, structuredClone(joint)))
    const different: ReadonlyArray<Partial<Configuration>> = [
      { voters: ["b/1"] },
      { voters: ["b/1", "d/1"] },
      { votersOutgoing: ["a/1", "c/1"] },
      { learners: [] },
      { learnersNext: ["b/1"] },
      { autoLeave: false }
    ]
    for (const part of different) {
      assert.isFalse(sameConfiguration(joint, { ...joint, ...part }), JSON.stringify(part))
    }
  })
})
