import { assert, it } from "@effect/vitest"
import * as fc from "fast-check"
import { compile } from "../../src/filter/compile.ts"
import { parse } from "../../src/filter/Filter.ts"
import type { Fields } from "../../src/value/Value.ts"
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

const matcher = (filter: Fields) => {
  const parsed = parse(filter)
  if (parsed._tag !== "Filter") return assert.fail(JSON.stringify(parsed))
  return compile(parsed.node)
}
