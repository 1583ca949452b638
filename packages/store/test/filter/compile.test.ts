import { assert, it } from "@effect/vitest"
import * as fc from "fast-check"
import { compile } from "../../src/filter/compile.ts"
import { parse } from "../../src/filter/Filter.ts"
import { date } from "../../src/value/Compare.ts"
import type { Fields, Value } from "../../src/value/Value.ts"
import { interpret } from "./interpret.ts"
import { numRuns, someCase, timeout } from "./random.ts"

it("[ST10] a compiled filter and the interpreter come to the same verdicts", { timeout }, () => {
  let trues = 0
  let all = 0
  fc.assert(
    fc.property(someCase, ({ documents, filter }) => {
      const matches = matcher(filter)
      for (const document of documents) {
        const verdict = matches(document)
        assert.strictEqual(verdict, interpret(filter, document))
        if (Object.keys(filter).length > 0) all += 1
        if (Object.keys(filter).length > 0 && verdict) trues += 1
      }
    }),
    { numRuns }
  )
  // Random things that never meet would prove nothing.
  assert.isAbove(trues / all, 0.2)
  assert.isBelow(trues / all, 0.8)
})

it("[ST10] ranges on one path are joined as they are when each is asked by itself", () => {
  const operators = ["$gt", "$gte", "$lt", "$lte"]
  const kinds: ReadonlyArray<ReadonlyArray<Value>> = [
    [0, 1, 2, 3],
    ["", "a", "ab", "b"],
    [0, 1, 2, 3].map(date),
    [1, "a", true, date(1)]
  ]
  for (const values of kinds)
    for (const [first, second] of pairs(values))
      for (const [one, other] of pairs(operators)) {
        const filter = { $and: [{ a: { [one]: first } }, { a: { [other]: second } }] }
        const matches = matcher(filter)
        for (const value of [...values, values]) {
          const document = { a: value }
          assert.strictEqual(matches(document), interpret(filter, document), JSON.stringify(filter))
        }
      }
})

const pairs = function* <A>(items: ReadonlyArray<A>): Generator<readonly [A, A]> {
  for (const first of items) for (const second of items) yield [first, second]
}

const matcher = (filter: Fields) => {
  const parsed = parse(filter)
  if (parsed._tag !== "Filter") return assert.fail(JSON.stringify(parsed))
  return compile(parsed.node)
}
