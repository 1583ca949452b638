import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Majority from "../../src/quorum/Majority.ts"
import { matches, nodes, quorums, runs, voters, votes } from "./quorums.ts"

describe("the committed index of one list", () => {
  it.each([
    [[], [], Infinity],
    [["a/1"], [12], 12],
    [["a/1"], [undefined], 0],
    [["a/1", "b/1"], [12, undefined], 0],
    [["a/1", "b/1"], [12, 5], 5],
    [["a/1", "b/1", "c/1"], [12, 5, undefined], 5],
    [["a/1", "b/1", "c/1"], [12, 5, 6], 6],
    [["a/1", "b/1", "c/1", "d/1"], [103, 101, 104, 102], 102],
    [["a/1", "b/1", "c/1", "d/1", "e/1"], [101, 104, 103, 103, undefined], 103]
  ] as const)("voters %j at %j have committed %d", (list, reached, committed) => {
    const at = (id: string) => reached[list.findIndex((one) => one === id)]
    assert.strictEqual(Majority.committedIndex(list, at), committed)
  })

  it("is the best that all of some majority have reached", () => {
    fc.assert(
      fc.property(voters, matches, (list, reached) => {
        const best = Math.max(
          ...quorums({ voters: list, votersOutgoing: [] }).map((set) =>
            Math.min(...set.map((id) => reached[id] ?? 0))
          )
        )
        assert.strictEqual(
          Majority.committedIndex(list, (id) => reached[id]),
          list.length === 0 ? Infinity : best
        )
      }),
      runs(500)
    )
  })

  it("does not go back when a voter goes forward", () => {
    fc.assert(
      fc.property(voters, matches, fc.constantFrom(...nodes), (list, reached, who) => {
        const before = Majority.committedIndex(list, (id) => reached[id])
        const further = (id: string) => (reached[id] ?? 0) + (id === who ? 1 : 0)
        assert.isAtLeast(Majority.committedIndex(list, further), before)
      }),
      runs(200)
    )
  })
})

describe("the votes of one list", () => {
  it.each([
    [[], [], "won"],
    [["a/1"], [undefined], "pending"],
    [["a/1"], [false], "lost"],
    [["a/1"], [true], "won"],
    [["a/1", "b/1"], [true, undefined], "pending"],
    [["a/1", "b/1"], [undefined, false], "lost"],
    [["a/1", "b/1", "c/1"], [false, undefined, undefined], "pending"],
    [["a/1", "b/1", "c/1"], [false, true, undefined], "pending"],
    [["a/1", "b/1", "c/1"], [true, false, true], "won"],
    [["a/1", "b/1", "c/1", "d/1"], [true, true, undefined, false], "pending"],
    [["a/1", "b/1", "c/1", "d/1"], [true, true, false, false], "lost"]
  ] as const)("voters %j that say %j: %s", (list, said, result) => {
    const vote = (id: string) => said[list.findIndex((one) => one === id)]
    assert.strictEqual(Majority.voteResult(list, vote), result)
  })

  it("are won when a majority granted, and lost when none can any more", () => {
    fc.assert(
      fc.property(voters, votes, (list, said) => {
        const all = quorums({ voters: list, votersOutgoing: [] })
        const won = all.some((set) => set.every((id) => said[id] === true))
        const possible = all.some((set) => set.every((id) => said[id] !== false))
        assert.strictEqual(
          Majority.voteResult(list, (id) => said[id]),
          won ? "won" : possible ? "pending" : "lost"
        )
      }),
      runs(500)
    )
  })
})

it("[RA1] two majorities of one list share a voter", () => {
  for (let count = 1; count <= 9; count++) {
    const needed = Majority.majority(count)
    assert.isAbove(2 * needed, count)
    assert.isAtMost(2 * (needed - 1), count)
  }
})
