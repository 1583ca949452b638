import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Canonical from "../../src/value/Canonical.ts"
import {
  compare,
  date,
  equals,
  isDate,
  isFields,
  rank,
  sortedNames,
  typeName
} from "../../src/value/Compare.ts"
import { normalizeValue } from "../../src/value/Normal.ts"
import type { Value } from "../../src/value/Value.ts"
import { disguised, runs, value } from "./values.ts"

const normal = value.map(normalizeValue)

const textOf = (of: Value) => {
  const canonical = Canonical.of(of)
  return canonical._tag === "Canonical" ? canonical.text : assert.fail(canonical.issue)
}

/** From the first to the last; those in one row are equal. */
const ordered: ReadonlyArray<ReadonlyArray<Value | undefined>> = [
  [null, undefined],
  [-1],
  [0, -0],
  [1.5],
  [1e300],
  [""],
  ["B"],
  ["a"],
  ["aa"],
  ["b"],
  ["😀"],
  ["\ue000"],
  [{}],
  [{ a: null }],
  [{ a: 1 }],
  [
    { a: 1, b: 1 },
    { b: 1, a: 1 }
  ],
  [{ a: 1, c: 0 }],
  [{ a: 2 }],
  [{ b: null }],
  [{ b: 0 }],
  [[]],
  [[null]],
  [[1]],
  [[1, 0]],
  [[2]],
  [new Uint8Array([])],
  [new Uint8Array([1, 9])],
  [new Uint8Array([2])],
  [new Uint8Array([255])],
  [false],
  [true],
  [date(-1)],
  [date(0), date(-0)],
  [date(1)]
]

describe("the order of values", () => {
  it("[ST1] is by type, then inside the type", () => {
    for (const [at, row] of ordered.entries())
      for (const [to, other] of ordered.entries())
        for (const a of row)
          for (const b of other) {
            assert.strictEqual(Math.sign(compare(a, b)), Math.sign(at - to))
            assert.strictEqual(equals(a, b), at === to)
          }
  })

  it("[ST1] is total: turned around it has the other sign, and it never goes in a circle", () => {
    fc.assert(
      fc.property(normal, normal, normal, (a, b, c) => {
        assert.strictEqual(Math.sign(compare(a, b)), -Math.sign(compare(b, a)))
        const [first, second, third] = [a, b, c].toSorted(compare) as [Value, Value, Value]
        assert.isAtMost(compare(first, second), 0)
        assert.isAtMost(compare(second, third), 0)
        assert.isAtMost(compare(first, third), 0)
      }),
      runs(1000)
    )
  })

  it("[ST6] finds equal exactly what has the same canonical text", () => {
    fc.assert(
      fc.property(normal, normal, (a, b) => {
        for (const other of [b, normalizeValue(disguised(a))]) {
          const same = equals(a, other)
          assert.strictEqual(compare(a, other) === 0, same)
          assert.strictEqual(textOf(a) === textOf(other), same)
        }
      }),
      runs(500)
    )
  })

  it("[ST1] does not look at inherited fields", () => {
    assert.isFalse(equals({ constructor: 1 }, { toString: 1 }))
    assert.isFalse(equals({ a: 1 }, { constructor: 1 }))
  })
})

describe("types", () => {
  it("[ST1] every value has the name and the rank of its type", () => {
    const named = [null, 1, "", {}, [], new Uint8Array(), false, date(0)]
    assert.deepStrictEqual(named.map(typeName), [
      "null",
      "number",
      "string",
      "object",
      "array",
      "bytes",
      "boolean",
      "date"
    ])
    assert.deepStrictEqual(named.map(rank), [0, 1, 2, 3, 4, 5, 6, 7])
    assert.strictEqual(typeName(undefined), "null")
    assert.deepStrictEqual(named.filter(isFields), [{}])
    assert.deepStrictEqual(named.filter(isDate), [date(0)])
  })

  it("[ST6] names come in the order of UTF-16 code units", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string({ unit: "binary", maxLength: 3 }), { maxLength: 60 }),
        (names) => {
          const fields = Object.fromEntries(names.map((name) => [name, 1]))
          assert.deepStrictEqual(sortedNames(fields), names.toSorted())
        }
      ),
      runs(300)
    )
  })
})
