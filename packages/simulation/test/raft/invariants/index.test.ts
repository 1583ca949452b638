import { assert, describe, it } from "@effect/vitest"
import { invariants } from "../../../src/raft/invariants/index.ts"

describe("invariants", () => {
  it("watch all rules that can be seen from one event to the next", () => {
    const rules = new Set(invariants.map(({ rule }) => rule))
    const all = Array.from({ length: 18 }, (_, i) => `RA${i + 1}`)
    // The same run again is a run of its own.
    assert.deepStrictEqual(
      all.filter((rule) => !rules.has(rule)),
      ["RA17"]
    )
  })
})
