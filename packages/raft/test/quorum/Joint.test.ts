import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Joint from "../../src/quorum/Joint.ts"
import * as Majority from "../../src/quorum/Majority.ts"
import { matches, quorums, runs, voters, votes } from "./quorums.ts"

const electorate = fc.record({ voters, votersOutgoing: voters })

const swapped = (one: Joint.Electorate): Joint.Electorate => ({
  voters: one.votersOutgoing,
  votersOutgoing: one.voters
})

describe("the committed index of two lists", () => {
  it("is the best that all of some joint quorum have reached", () => {
    fc.assert(
      fc.property(electorate, matches, (both, reached) => {
        const best = Math.max(
          ...quorums(both).map((set) => Math.min(...set.map((id) => reached[id] ?? 0)))
        )
        assert.strictEqual(
          Joint.committedIndex(both, (id) => reached[id]),
          best
        )
      }),
      runs(300)
    )
  })

  it("is that of the list, when both are the same or the other is empty", () => {
    fc.assert(
      fc.property(voters, matches, (list, reached) => {
        const matched = (id: string) => reached[id]
        const alone = Majority.committedIndex(list, matched)
        for (const votersOutgoing of [list, []]) {
          assert.strictEqual(Joint.committedIndex({ voters: list, votersOutgoing }, matched), alone)
        }
      }),
      runs(200)
    )
  })

  it("does not change when the halves are swapped", () => {
    fc.assert(
      fc.property(electorate, matches, (both, reached) => {
        const matched = (id: string) => reached[id]
        assert.strictEqual(
          Joint.committedIndex(both, matched),
          Joint.committedIndex(swapped(both), matched)
        )
      }),
      runs(200)
    )
  })
})

describe("the votes of two lists", () => {
  it.each([
    [undefined, undefined, "pending"],
    [true, undefined, "pending"],
    [true, true, "won"],
    [true, false, "lost"],
    [undefined, false, "lost"],
    [false, undefined, "lost"]
  ] as const)("of one voter each that say %j and %j: %s", (first, second, result) => {
    const both = { voters: ["a/1"], votersOutgoing: ["b/1"] }
    assert.strictEqual(
      Joint.voteResult(both, (id) => (id === "a/1" ? first : second)),
      result
    )
  })

  it("are won when a joint quorum granted, and lost when none can any more", () => {
    fc.assert(
      fc.property(electorate, votes, (both, said) => {
        const all = quorums(both)
        const won = all.some((set) => set.every((id) => said[id] === true))
        const possible = all.some((set) => set.every((id) => said[id] !== false))
        assert.strictEqual(
          Joint.voteResult(both, (id) => said[id]),
          won ? "won" : possible ? "pending" : "lost"
        )
      }),
      runs(300)
    )
  })

  it("do not change when the halves are swapped, or a list is joint with itself", () => {
    fc.assert(
      fc.property(electorate, votes, (both, said) => {
        const vote = (id: string) => said[id]
        const { voters: list } = both
        assert.strictEqual(Joint.voteResult(both, vote), Joint.voteResult(swapped(both), vote))
        for (const votersOutgoing of [list, []]) {
          assert.strictEqual(
            Joint.voteResult({ voters: list, votersOutgoing }, vote),
            Majority.voteResult(list, vote)
          )
        }
      }),
      runs(200)
    )
  })
})
