import { assert, describe, it } from "@effect/vitest"
import type { NodeId } from "../../src/cloud/UpdateInfo.ts"
import * as Attempts from "../../src/client/pure/Attempts.ts"

const node = (name: string) => name as NodeId
const context = (overrides: Partial<Parameters<typeof Attempts.step>[3]> = {}) => ({
  remainingMs: 1000,
  random: 0.5,
  spend: () => false,
  ...overrides
})
const lost: Attempts.Outcome = { _tag: "Unknown" }
const nobody: Attempts.Outcome = { _tag: "NobodyLeft", final: false }

describe("Attempts", () => {
  it.each<Attempts.Outcome>([
    { _tag: "NotSent" },
    { _tag: "TurnedAway" },
    { _tag: "Overloaded", retryAfterMs: 100 }
  ])("[CL14] what did not start goes elsewhere at once and costs nothing: $_tag", (outcome) => {
    let state = Attempts.initial("once")
    for (const name of ["a", "b", "c", "d"]) {
      const [next, decision] = Attempts.step(state, node(name), outcome, context())
      assert.strictEqual(decision._tag, "Elsewhere")
      state = next
    }
    assert.strictEqual(state.exclude.size, 4)
  })

  it.each(["read", "pure", "keyed"] as const)(
    "[CL14] [CL15] an unknown outcome of a %s call is sent again once for free, then by budget",
    (repeat) => {
      let spent = 0
      const spend = () => ++spent === 1
      const first = Attempts.step(Attempts.initial(repeat), node("a"), lost, context({ spend }))
      assert.strictEqual(first[1]._tag, "Elsewhere")
      assert.strictEqual(spent, 0)
      const second = Attempts.step(first[0], node("b"), lost, context({ spend }))
      assert.strictEqual(second[1]._tag, "Elsewhere")
      const third = Attempts.step(second[0], node("c"), lost, context({ spend }))
      assert.strictEqual(third[1]._tag, "Ambiguous")
    }
  )

  it.each(["read", "pure", "keyed"] as const)(
    "[CL26] a %s call leaves a silent node the first time, and waits for the next one",
    (repeat) => {
      const state = Attempts.initial(repeat)
      assert.isTrue(Attempts.leavesSilent(state))
      const full: Attempts.Outcome = { _tag: "Overloaded", retryAfterMs: 100 }
      const [refused] = Attempts.step(state, node("a"), full, context())
      assert.isTrue(Attempts.leavesSilent(refused))
      const [left] = Attempts.step(refused, node("b"), lost, context())
      assert.isFalse(Attempts.leavesSilent(left))
      assert.isFalse(Attempts.leavesSilent(Attempts.initial("once")))
    }
  )

  it("[CL15] an unknown outcome of a call that must not be repeated is reported", () => {
    const [, decision] = Attempts.step(Attempts.initial("once"), node("a"), lost, context())
    assert.strictEqual(decision._tag, "Ambiguous")
  })

  it("waits as long as the first full node asked, with jitter, and then asks all again", () => {
    let state = Attempts.initial("once")
    for (const [name, retryAfterMs] of [
      ["a", 300],
      ["b", 200]
    ] as const) {
      state = Attempts.step(state, node(name), { _tag: "Overloaded", retryAfterMs }, context())[0]
    }
    const [next, decision] = Attempts.step(state, undefined, nobody, context())
    assert.deepStrictEqual(decision, { _tag: "Wait", ms: 250 })
    assert.strictEqual(next.exclude.size, 0)
  })

  it("gives up when waiting would go beyond the deadline", () => {
    const full: Attempts.Outcome = { _tag: "Overloaded", retryAfterMs: 2000 }
    const [state] = Attempts.step(Attempts.initial("once"), node("a"), full, context())
    assert.strictEqual(Attempts.step(state, undefined, nobody, context())[1]._tag, "GiveUp")
  })

  it("gives up at once when no node that is left could ever serve it", () => {
    const [state] = Attempts.step(Attempts.initial("once"), node("a"), { _tag: "Unfit" }, context())
    assert.strictEqual(Attempts.step(state, undefined, nobody, context())[1]._tag, "GiveUp")
    const final: Attempts.Outcome = { _tag: "NobodyLeft", final: true }
    const [, decision] = Attempts.step(Attempts.initial("once"), undefined, final, context())
    assert.strictEqual(decision._tag, "GiveUp")
  })

  it("a node that can never serve the call is not asked again after a wait", () => {
    let state = Attempts.initial("once")
    state = Attempts.step(state, node("a"), { _tag: "Unfit" }, context())[0]
    state = Attempts.step(state, node("b"), { _tag: "TurnedAway" }, context())[0]
    const [next, decision] = Attempts.step(state, undefined, nobody, context())
    assert.strictEqual(decision._tag, "Wait")
    assert.deepStrictEqual([...next.exclude], ["a"])
  })
})
