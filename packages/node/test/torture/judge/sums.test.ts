import { assert, it } from "@effect/vitest"
import type { Recorded } from "../workload/model.ts"
import { problemsOf } from "./sums.ts"

it("a window whose documents hold what was acknowledged, and some of what is in doubt, is well", () => {
  assert.deepStrictEqual(problems([["c", 3]], [increment(), increment(), increment(false)]), [])
  assert.deepStrictEqual(problems([["c", 2]], [increment(), increment(), increment(false)]), [])
  assert.deepStrictEqual(problems([["t", ["a", "b"]]], [add("a"), add("b", false)]), [])
  assert.deepStrictEqual(problems([["t", ["a"]]], [add("a"), add("b", false)]), [])
})

it("what is lost, comes twice, or comes from nowhere is told", () => {
  assert.deepStrictEqual(problems([["t", []]], [add("a")]), ["t has lost a"])
  assert.deepStrictEqual(problems([["t", ["a", "a"]]], [add("a")]), ["t has a twice"])
  assert.deepStrictEqual(problems([["t", ["b"]]], []), ["t has b, which nobody added"])
  const told = "c is 1, of 2 acknowledged and 0 in doubt"
  assert.deepStrictEqual(problems([["c", 1]], [increment(), increment()]), [told])
  assert.deepStrictEqual(problems([["c", 2]], [increment()]).length, 1)
})

const problems = (
  found: ReadonlyArray<readonly [string, number | ReadonlyArray<string>]>,
  operations: ReadonlyArray<Recorded>
) => problemsOf(operations, new Map(found))

const ended = (isKnown: boolean) => ({
  client: "c0",
  called: 0,
  returned: isKnown ? 1 : Infinity,
  outcome: isKnown ? { value: undefined } : undefined
})

const add = (token: string, isKnown = true): Recorded => ({
  ...ended(isKnown),
  input: { on: "tokens", key: "t", kind: "add", token }
})

const increment = (isKnown = true): Recorded => ({
  ...ended(isKnown),
  input: { on: "counter", key: "c", kind: "increment" }
})
