import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { OperationRefused } from "../../src/command/Refusal.ts"
import { parsePath, values } from "../../src/filter/Path.ts"
import * as IndexKeys from "../../src/state/IndexKeys.ts"
import * as KeyText from "../../src/state/KeyText.ts"
import type { IndexDefinition } from "../../src/state/State.ts"
import { date } from "../../src/value/Compare.ts"
import type { Document, Value } from "../../src/value/Value.ts"
import { runs } from "../value/values.ts"
import { definitions, document } from "./documents.ts"

const on = (...keys: ReadonlyArray<string>): IndexDefinition => ({
  name: "index",
  keys,
  unique: false
})

interface Found {
  readonly multi: boolean
  readonly values: ReadonlyArray<ReadonlyArray<Value>>
}

const valuesOf = (definition: IndexDefinition, document: Document): Found | OperationRefused => {
  const found = IndexKeys.keysOf(definition, document)
  if (found._tag !== "Keys") return found
  const values = found.keys.map((key) => KeyText.read(key, definition.keys.length).values)
  return { multi: found.multi, values }
}

const one = (...values: ReadonlyArray<Value>): Found => ({ multi: false, values: [values] })
const many = (...values: ReadonlyArray<ReadonlyArray<Value>>): Found => ({ multi: true, values })

const refusalOf = (keys: ReadonlyArray<string>, fields: object) => {
  const found = IndexKeys.keysOf(on(...keys), { _id: "1", ...fields })
  return found._tag === "InvalidDocument" ? `${found.path}: ${found.issue}` : found._tag
}

/** A text with each element of an array. */
const crossed = (text: string, count: number) => {
  const array = Array.from({ length: count }, (_, at) => at)
  return IndexKeys.keysOf(on("s", "t"), { _id: "1", s: text, t: array })
}

const sizeOf = (text: string, count: number) => {
  const found = crossed(text, count)
  if (found._tag !== "Keys") return found
  return found.keys.reduce((sum, key) => sum + KeyText.size(key), 0)
}

describe("keysOf", () => {
  const cases: ReadonlyArray<readonly [ReadonlyArray<string>, Value, Found]> = [
    [["a"], { a: 1 }, one(1)],
    [["a"], {}, one(null)],
    [["a"], { a: null }, one(null)],
    [["a"], { a: { b: 1 } }, one({ b: 1 })],
    [["a.b"], { a: { b: date(1) } }, one(date(1))],
    [["a.b"], { a: 1 }, one(null)],
    [["a.length"], { a: "text" }, one(null)],
    [["constructor"], {}, one(null)],
    [["b", "a"], { a: 1, b: "x" }, one("x", 1)],
    [["a"], { a: [2, 1, 2] }, many([1], [2], [[2, 1, 2]])],
    [["a"], { a: [] }, many([[]])],
    [["a"], { a: [null, [1]] }, many([null], [[null, [1]]], [[1]])],
    [
      ["a"],
      {
        a: [
          { b: 1, c: 2 },
          { c: 2, b: 1 }
        ]
      },
      many(
        [{ b: 1, c: 2 }],
        [
          [
            { b: 1, c: 2 },
            { c: 2, b: 1 }
          ]
        ]
      )
    ],
    [["a.b"], { a: [{ b: 2 }, { b: 1 }, {}, 7] }, many([null], [1], [2])],
    [["a.b"], { a: [{ b: 1 }] }, many([1])],
    [["a.b"], { a: [1, 2] }, many([null])],
    [["a.b"], { a: [{ b: [1, 2] }, { b: 2 }] }, many([1], [2], [[1, 2]])],
    [["a.0"], { a: [3, 4] }, one(3)],
    [["a.0", "a.1"], { a: [3, 4] }, one(3, 4)],
    [["a.7"], { a: [3, 4] }, one(null)],
    [
      ["b", "a", "c"],
      { a: [1, 2], b: "x" },
      many(["x", 1, null], ["x", 2, null], ["x", [1, 2], null])
    ]
  ]
  it.each(cases)("gives the keys under %j of %j", (keys, fields, expected) => {
    assert.deepStrictEqual(valuesOf(on(...keys), { _id: "1", ...(fields as object) }), expected)
  })

  it("refuses arrays under two paths, also under two that share one", () => {
    const issue = 'an array, as under "a": the index "index" takes one of them'
    const refused: OperationRefused = { _tag: "InvalidDocument", path: "b", issue }
    assert.deepStrictEqual(valuesOf(on("a", "b"), { _id: "1", a: [], b: [1] }), refused)
    const shared = valuesOf(on("a.x", "a.y"), { _id: "1", a: [{ x: 1, y: 2 }] })
    assert.strictEqual("_tag" in shared && shared._tag, "InvalidDocument")
  })

  it("refuses more than 1,000 entries of one document: each is a change of a tree", () => {
    const array = Array.from({ length: 999 }, (_, at) => at)
    const taken = IndexKeys.keysOf(on("a"), { _id: "1", a: array })
    // The elements, and the whole array.
    assert.strictEqual(taken._tag === "Keys" && taken.keys.length, 1000)
    const refused = IndexKeys.keysOf(on("a"), { _id: "1", a: [...array, 999] })
    const issue = '1001 different elements: the index "index" takes 1000'
    assert.deepStrictEqual<unknown>(refused, { _tag: "InvalidDocument", path: "a", issue })
  })

  it("refuses a key of more than 4,096 characters, and names the path of the longest text", () => {
    const says = 'a key of 4097 characters: the index "index" takes 4096'
    // One character for the type, one for the end, one for the id.
    const most = "x".repeat(4093)
    assert.strictEqual(refusalOf(["a"], { a: most }), "Keys")
    assert.strictEqual(refusalOf(["a"], { a: `${most}x` }), `a: ${says}`)
    assert.strictEqual(refusalOf(["n", "a"], { a: most }), `a: ${says}`)
    assert.strictEqual(
      refusalOf(["a", "n"], { a: most, n: ["x"] }),
      `a: ${says.replace("4097", "4099")}`
    )
    assert.strictEqual(refusalOf(["n", "a"], { a: [most, 1] }), `a: ${says}`)
    assert.strictEqual(refusalOf(["a"], { a: [most, 1] }), "Keys")
    assert.strictEqual(refusalOf(["n", "a.b"], { a: [{ b: most }, { b: 1 }] }), `a.b: ${says}`)
  })

  it("refuses keys of one document of more than 256 KiB, before it builds them", () => {
    assert.strictEqual(sizeOf("x".repeat(269), 900), 261_274)
    const refused = { _tag: "InvalidDocument", path: "t" }
    assert.deepStrictEqual<unknown>(sizeOf("x".repeat(270), 900), {
      ...refused,
      issue: 'keys of 262175 bytes: the index "index" takes 262144 of a document'
    })
    // A character above U+00FF makes every other of the key take two bytes as well.
    assert.isNumber(sizeOf(`é${"x".repeat(250)}`, 900))
    assert.deepInclude<any>(sizeOf(`\u0100${"x".repeat(250)}`, 900), refused)
    const long = crossed("x".repeat(500_000), 900)
    assert.deepInclude<any>(long, { ...refused, path: "s" })
    assert.include(JSON.stringify(long), "500012 characters")
  })

  it("is short about long paths, since a refusal is remembered", () => {
    const path = "p".repeat(10_000)
    const document = { _id: "1", [path]: [1], [`${path}q`]: [1] }
    const refused = IndexKeys.keysOf(on(path, `${path}q`), document)
    assert.isBelow(JSON.stringify(refused).length, 1000)
  })

  it("[ST11] a document is found under all that its paths lead to, and under nothing twice", () => {
    const index = fc.constantFrom(...definitions)
    fc.assert(
      fc.property(index, document, (definition, document) => {
        const found = IndexKeys.keysOf(definition, document)
        const choices = definition.keys.map((key) => reachable(document, key))
        if (found._tag !== "Keys") {
          assert.isAbove(choices.filter(({ array }) => array).length, 1)
          return
        }
        const all = choices.reduce<ReadonlyArray<ReadonlyArray<Value>>>(
          (keys, { values }) => keys.flatMap((key) => values.map((value) => [...key, value])),
          [[]]
        )
        const texts = all.map((values) => values.map(KeyText.of).join("") + document["_id"])
        assert.deepStrictEqual(found.keys, [...new Set(texts)].toSorted())
        assert.strictEqual(
          found.multi,
          choices.some(({ array }) => array)
        )
      }),
      runs(2000)
    )
  })
})

/** All under which a filter may look for the document, with repeats. */
const reachable = (document: Document, key: string) => {
  const path = parsePath(key)
  if (path._tag === "Issue") return assert.fail(path.issue)
  const found = values(document, path)
  const all = found.flatMap((value) =>
    Array.isArray(value) ? [...(value as ReadonlyArray<Value>), value as Value] : [value ?? null]
  )
  const array = IndexKeys.reach(document, path) === IndexKeys.several
  if (!array) assert.isAtMost(found.length, 1)
  return { array, values: all.length === 0 ? [null] : all }
}

describe("refusalOf", () => {
  const good = { name: "byName", keys: ["a.b", "c", "d", "e"], unique: true }
  it.each([
    [{ ...good, name: "_expires" }, "name"],
    [{ ...good, keys: [] }, "keys"],
    [{ ...good, keys: ["a", "b", "c", "d", "e"] }, "keys"],
    [{ ...good, keys: ["a", "b..c"] }, "keys[1]"],
    [{ ...good, keys: ["a", "b", "a"] }, "keys[2]"]
  ] as const)("of %j names %s", (definition, path) => {
    const refused = IndexKeys.refusalOf(definition)
    assert.strictEqual(refused?._tag === "InvalidCommand" && refused.path, path)
  })
  it("of a definition that is right is none", () => {
    assert.isUndefined(IndexKeys.refusalOf(good))
  })
})
