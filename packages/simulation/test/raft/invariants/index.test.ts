import { assert, describe, it } from "@effect/vitest"
import { invariants } from "../../../src/raft/invariants/index.ts"

describe("invariants", () => {
  it("watch all rules that can be seen from one event to the next", () => {
    const rules = new Set(invariants.map(({ rule }) => rule))
    const all = Array.from({ length: 16 }, (_, i) => `RA${i + 1}`)
    assert.deepStrictEqual(
      all.filter((rule) => !rules.has(rule)),
      []
    )
  })
})
