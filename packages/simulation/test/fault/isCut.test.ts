import { assert, describe, it } from "@effect/vitest"
import { isCut, type Cut } from "../../src/fault/isCut.ts"

const all = ["a", "b", "c", "d", "e"]

/** The ways that are cut, as `ab` for the one from a to b. */
const ways = (partition: Cut): ReadonlyArray<string> =>
  all.flatMap((from) => all.filter((to) => isCut(partition, from, to)).map((to) => from + to))

describe("isCut", () => {
  it("splits in two", () => {
    assert.deepStrictEqual(
      ways({ shape: "split", nodes: ["a", "b"] }).join(" "),
      "ac ad ae bc bd be ca cb da db ea eb"
    )
  })

  it("cuts one way", () => {
    assert.deepStrictEqual(ways({ shape: "oneWay", nodes: ["e"] }).join(" "), "ea eb ec ed")
  })

  it("leaves each node of a ring its two neighbours, and all others alone", () => {
    assert.deepStrictEqual(
      ways({ shape: "ring", nodes: ["a", "b", "c", "d"] }).join(" "),
      "ac bd ca db"
    )
    assert.deepStrictEqual(ways({ shape: "ring", nodes: ["a", "b", "c"] }), [])
  })
})
