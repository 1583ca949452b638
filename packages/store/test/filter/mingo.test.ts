import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { Query } from "mingo"
import { compile } from "../../src/filter/compile.ts"
import { parse } from "../../src/filter/Filter.ts"
import type { Fields, Value } from "../../src/value/Value.ts"
import { outside, reasons, rows, type Row } from "./disagreements.ts"
import { filters, isOperators } from "./interpret.ts"
import { numRuns, someCase, timeout } from "./random.ts"

it(
  "[ST10] a filter means what it means to mingo, outside the known disagreements",
  { timeout },
  () => {
    let cases = 0
    let compared = 0
    let trues = 0
    fc.assert(
      fc.property(someCase, ({ documents, filter }) => {
        for (const document of documents) {
          cases += 1
          if (outside(filter, document) !== undefined) continue
          compared += 1
          const verdict = ours(filter, document)
          if (verdict === true) trues += 1
          assert.strictEqual(verdict, mingo(filter, document))
        }
      }),
      { numRuns }
    )
    // Else the comparison would prove little.
    assert.isAbove(compared / cases, 0.6)
    assert.isAbove(trues / compared, 0.2)
  }
)

describe("[ST10] the known disagreements with mingo", () => {
  for (const [at, row] of rows.entries())
    it(`${at}: ${reasons[row.reason]}`, () => {
      assert.strictEqual(ours(row.filter, row.document), row.ours)
      assert.strictEqual(mingo(row.filter as Fields, row.document), row.mingo)
      assert.notStrictEqual<unknown>(row.ours, row.mingo)
      if (row.reason !== "refused")
        assert.strictEqual(outside(row.filter as Fields, row.document), row.reason)
    })

  it("has an example for each reason", () => {
    const shown = new Set(rows.map(({ reason }) => reason))
    assert.sameMembers(Object.keys(reasons), [...shown])
  })
})

const ours = (filter: unknown, document: Fields): Row["ours"] => {
  const parsed = parse(filter)
  return parsed._tag === "Filter" ? compile(parsed.node)(document) : parsed._tag
}

const mingo = (filter: Fields, document: Fields): Row["mingo"] => {
  try {
    return new Query(translated(filter)).test(document)
  } catch {
    return "throws"
  }
}

/** As mingo writes it: it has no `$prefix`. */
const translated = (filter: Fields): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(filter).map(([name, asked]) => [
      name,
      filters.includes(name)
        ? (asked as ReadonlyArray<Fields>).map(translated)
        : translatedField(asked)
    ])
  )

const translatedField = (asked: Value): unknown =>
  isOperators(asked)
    ? Object.fromEntries(
        Object.entries(asked).map(([name, operand]) => {
          if (name === "$prefix") return ["$regex", new RegExp(`^${String(operand)}`)]
          if (name === "$not") return [name, translatedField(operand)]
          if (name !== "$elemMatch") return [name, operand]
          const operators = Object.keys(operand as Fields).some(
            (key) => !filters.includes(key) && key.startsWith("$")
          )
          return [name, operators ? translatedField(operand) : translated(operand as Fields)]
        })
      )
    : asked
