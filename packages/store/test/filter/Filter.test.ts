import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { parse, type FilterRefused } from "../../src/filter/Filter.ts"
import { parsePath, values } from "../../src/filter/Path.ts"
import { compile } from "../../src/filter/compile.ts"
import { date } from "../../src/value/Compare.ts"
import type { Fields, Value } from "../../src/value/Value.ts"
import { reach } from "./interpret.ts"
import { document, filter, numRuns, path, timeout } from "./random.ts"

const bad: ReadonlyArray<readonly [what: string, filter: unknown, path: string]> = [
  ["no object", 1, ""],
  ["null", null, ""],
  ["nothing", undefined, ""],
  ["a list", [], ""],
  ["a date", date(0), ""],
  ["a function", () => true, ""],
  ["an unknown operator on filters", { $where: "true" }, "$where"],
  ["an operator without a field", { $gt: 1 }, "$gt"],
  ["an unknown operator on a field", { a: { $regex: "x" } }, "a.$regex"],
  [
    "an unknown operator deep inside",
    { $or: [{}, { a: { $not: { $foo: 1 } } }] },
    "$or[1].a.$not.$foo"
  ],
  ["an operator with the name of a method", { a: { $constructor: 1 } }, "a.$constructor"],
  ["a date as it is in JSON text", { a: { $date: 0 } }, "a.$date"],
  ["an operator beside a plain field", { $and: [{ a: { $gt: 1, b: 2 } }] }, "$and[0].a.b"],
  [
    "operators on filters beside operators on fields",
    { a: { $elemMatch: { $or: [{}], $gt: 1 } } },
    "a.$elemMatch.$gt"
  ],
  [
    "an operator on a field beside a plain field in $elemMatch",
    { a: { $elemMatch: { $gt: 1, b: 2 } } },
    "a.$elemMatch.b"
  ],
  ["an operator in a value", { a: { $eq: { $gt: 1 } } }, "a.$eq.$gt"],
  ["an operator in an object in a value", { a: { b: { $gt: 1 } } }, "a.b.$gt"],
  ["an operator in an element of a list", { a: { $in: [1, { $gt: 1 }] } }, "a.$in[1].$gt"],
  ["a dot in a field of a value", { a: { "b.c": 1 } }, "a.b.c"],
  ["an empty $and", { $and: [] }, "$and"],
  ["an empty $or", { $or: [] }, "$or"],
  ["an empty $nor", { a: 1, $nor: [] }, "$nor"],
  ["an empty $all", { a: { $all: [] } }, "a.$all"],
  ["an empty list of types", { a: { $type: [] } }, "a.$type"],
  ["an object of filters", { $and: {} }, "$and"],
  ["a value among filters", { $or: [{}, 1] }, "$or[1]"],
  ["a hole among filters", { $or: Array(2) }, "$or[0]"],
  ["NaN", { a: NaN }, "a"],
  ["an infinity", { a: { $lt: Infinity } }, "a.$lt"],
  ["no number in a list", { a: { $in: [1, NaN] } }, "a.$in[1]"],
  ["a big integer", { a: 1n }, "a"],
  ["a function as a value", { a: () => 1 }, "a"],
  ["a regular expression", { a: /x/ }, "a"],
  ["a date that is none", { a: { $gt: date(NaN) } }, "a.$gt"],
  ["half of a character", { a: "\ud800" }, "a"],
  ["half of a character in a path", { "a.\udc00": 1 }, "a.\ufffd"],
  ["half of a character in a prefix", { a: { $prefix: "x\ud83d" } }, "a.$prefix"],
  ["__proto__", JSON.parse('{"__proto__":1}'), "__proto__"],
  ["__proto__ in a path", { "a.__proto__.b": 1 }, "a.__proto__.b"],
  ["__proto__ in a value", { a: JSON.parse('{"__proto__":1}') }, "a.__proto__"],
  ["an empty path", { "": 1 }, '""'],
  ["an empty segment", { "a..b": 1 }, "a..b"],
  ["an empty segment at the end", { "a.": 1 }, "a."],
  ["an operator as a segment", { "a.$gt": 1 }, "a.$gt"],
  ["17 segments", { [Array(17).fill("a").join(".")]: 1 }, Array(17).fill("a").join(".")],
  ["undefined", { a: 1, b: undefined }, "b"],
  ["undefined for an operator", { a: { $gt: undefined } }, "a.$gt"],
  ["undefined for $eq", { a: { $eq: undefined } }, "a.$eq"],
  ["undefined in a list", { a: { $in: [undefined] } }, "a.$in[0]"],
  ["undefined filters", { $or: undefined }, "$or"],
  ["a range over null", { a: { $gte: null } }, "a.$gte"],
  ["a range over a list", { a: { $gt: [1] } }, "a.$gt"],
  ["a range over an object", { a: { $lt: {} } }, "a.$lt"],
  ["$in of one value", { a: { $in: 1 } }, "a.$in"],
  ["$nin of an object", { a: { $nin: {} } }, "a.$nin"],
  ["$all of one value", { a: { $all: 1 } }, "a.$all"],
  ["$size of a part", { a: { $size: 0.5 } }, "a.$size"],
  ["$size below nothing", { a: { $size: -1 } }, "a.$size"],
  ["$size as a text", { a: { $size: "1" } }, "a.$size"],
  ["$exists as a number", { a: { $exists: 1 } }, "a.$exists"],
  ["$type as a number", { a: { $type: 2 } }, "a.$type"],
  ["a type that does not exist", { a: { $type: "bool" } }, "a.$type"],
  ["one of the types does not exist", { a: { $type: ["null", "undefined"] } }, "a.$type[1]"],
  ["$prefix as a number", { a: { $prefix: 1 } }, "a.$prefix"],
  ["$not of a value", { a: { $not: 1 } }, "a.$not"],
  ["$not of an object without operators", { a: { $not: {} } }, "a.$not"],
  ["$elemMatch of a value", { a: { $elemMatch: 1 } }, "a.$elemMatch"],
  ["$elemMatch of a list", { a: { $elemMatch: [] } }, "a.$elemMatch"],
  ["1,001 values", { a: { $nin: Array(1001).fill(0) } }, "a.$nin"],
  ["201 clauses", { $or: Array.from({ length: 201 }, (_, at) => ({ a: at })) }, "$or[200].a"],
  [
    "201 clauses of fields",
    Object.fromEntries(Array.from({ length: 201 }, (_, at) => [`f${at + 100}`, at])),
    "f300"
  ],
  [
    "201 operators",
    { $and: Array.from({ length: 101 }, () => ({ a: { $gt: 1, $lt: 2 } })) },
    "$and[100].a.$gt"
  ],
  ["more than 16 KiB", { a: "x".repeat(16 * 1024 - 7) }, ""],
  ["more than 16 KiB in UTF-8", { a: "é".repeat(8 * 1024) }, ""],
  [
    "21 filters in each other",
    deep(20, (inner) => ({ $and: [inner] }), {}),
    Array(20).fill("$and[0]").join(".")
  ],
  [
    "21 negations in each other",
    deep(20, (inner) => ({ $not: inner }), { $gt: 1 }, "a"),
    `a.${Array(20).fill("$not").join(".")}`
  ],
  [
    "21 elements in each other",
    deep(20, (inner) => ({ $elemMatch: inner }), { $gt: 1 }, "a"),
    `a.${Array(20).fill("$elemMatch").join(".")}`
  ]
]

describe("[ST9] a filter that is refused", () => {
  for (const [what, filter, path] of bad)
    it(`names the place of ${what}`, () => {
      assert.strictEqual(refused(filter).path, path)
    })

  for (const [what, make] of [
    ["filters", (inner: unknown) => ({ $and: [inner] })],
    ["negations", (inner: unknown) => ({ a: { $not: inner } })],
    ["values", (inner: unknown) => ({ a: inner })],
    ["lists", (inner: unknown) => [inner]]
  ] as const)
    it(`may have ${what} 1,000 deep`, () => {
      const { issue, path } = refused({ a: deep(1000, make, 1) })
      assert.include(issue, "levels")
      assert.isAtMost(path.length, 257)
    })

  it("is refused in words, whatever it is", () => {
    fc.assert(
      fc.property(
        fc.anything({ withDate: true, withTypedArray: true, withNullPrototype: true }),
        (some) => {
          for (const filter of [some, { a: some }, { $or: [some] }, { a: { $elemMatch: some } }])
            assert.oneOf(parse(filter)._tag, ["Filter", "FilterError"])
        }
      ),
      { numRuns: Math.min(numRuns, 1000) }
    )
  })
})

describe("the limits of a filter", () => {
  for (const [what, filter] of [
    ["200 clauses", { $or: Array.from({ length: 200 }, (_, at) => ({ a: at })) }],
    ["1,000 values", { a: { $in: Array(1000).fill(0) } }],
    ["no values", { a: { $in: [], $nin: [] } }],
    ["16 segments", { [Array(16).fill("a").join(".")]: 1 }],
    ["20 filters in each other", deep(19, (inner) => ({ $and: [inner] }), {})],
    ["20 negations in each other", deep(19, (inner) => ({ $not: inner }), { $gt: 1 }, "a")],
    ["16 KiB", { a: "x".repeat(16 * 1024 - 8) }]
  ] as const)
    it(`allow ${what}`, () => {
      assert.strictEqual(parse(filter)._tag, "Filter")
    })
})

describe("a filter that is read", () => {
  it(
    "has one text, and one tree, whatever the order of its names",
    () => {
      fc.assert(
        fc.property(filter, (filter) => {
          assert.deepStrictEqual(parse(filter), parse(reversed(filter)))
        }),
        { numRuns: Math.min(numRuns, 1000) }
      )
    },
    timeout
  )

  it("joins what is and-ed in one list", () => {
    const { node } = read({ a: { $gt: 1, $lt: 3 }, $and: [{ b: 1, $and: [{ c: 1 }] }, {}] })
    assert.strictEqual(node._tag, "And")
    if (node._tag !== "And") return
    const paths = node.nodes.map((each) => (each._tag === "Field" ? each.path.text : each._tag))
    assert.deepStrictEqual(paths, ["c", "b", "a", "a"])
  })

  it("is one field by itself, and nothing for every document", () => {
    assert.strictEqual(read({ $and: [{ $and: [{ a: 1 }] }] }).node._tag, "Field")
    assert.deepStrictEqual(read({ $and: [{}] }).node, { _tag: "And", nodes: [] })
  })

  it("takes an empty object for a value, and an object of operators for tests", () => {
    const tests = [{ a: {} }, { a: { $exists: true } }].map((filter) => {
      const { node } = read(filter)
      return node._tag === "Field" ? node.test._tag : node._tag
    })
    assert.deepStrictEqual(tests, ["Eq", "Exists"])
  })

  it("[ST9] does not change with the object it was read from", () => {
    const when = date(5)
    const list = [1]
    const inside = { b: [1] }
    const bytes = new Uint8Array([1])
    const source = { a: { $in: list }, b: inside, c: { $gt: when }, d: bytes }
    const { node } = read(source)
    const matches = compile(node)
    const kept = { a: 1, b: { b: [1] }, c: date(6), d: new Uint8Array([1]) }
    assert.isTrue(matches(kept))
    list[0] = 2
    inside.b.push(2)
    when.setTime(7)
    bytes[0] = 2
    assert.isTrue(matches(kept))
    assert.isTrue(compile(node)(kept))
  })
})

describe("a path", () => {
  it(
    "leads to what the interpreter finds",
    () => {
      fc.assert(
        fc.property(document, path, (document, path) => {
          assert.deepStrictEqual(values(document, parsed(path)), reach(document, path.split(".")))
        }),
        { numRuns }
      )
    },
    timeout
  )

  it.each([
    "",
    "a.",
    ".a",
    "a..b",
    "__proto__",
    "a.__proto__",
    "$a",
    "a.$b",
    "\ud800",
    Array(17).fill("a").join(".")
  ])("is not %j", (text) => {
    assert.strictEqual(parsePath(text)._tag, "Issue")
  })

  it.each<[string, Fields, ReadonlyArray<Value | undefined>]>([
    ["a", {}, [undefined]],
    ["a.b", { a: 1 }, [undefined]],
    ["a", { a: [1, 2] }, [[1, 2]]],
    ["a.b", { a: [] }, []],
    ["a.b", { a: [1, [{ b: 2 }], { b: 3 }, {}] }, [3, undefined]],
    ["a.1", { a: [1, 2] }, [2]],
    ["a.2", { a: [1, 2] }, [undefined]],
    ["a.01", { a: [1, { "01": 2 }] }, [2]],
    ["a.4294967296", { a: [1] }, [undefined]],
    [`a.${"9".repeat(25)}`, { a: [1] }, [undefined]],
    ["a.1", { a: { 1: 2 } }, [2]],
    ["a.0.b", { a: [[{ b: 1 }, { b: 2 }]] }, [1, 2]],
    ["a.b.c", { a: [{ b: [{ c: 1 }, { c: 2 }] }, { b: { c: 3 } }] }, [1, 2, 3]],
    ["a.length", { a: [1] }, []],
    ["a.length", { a: "x" }, [undefined]],
    ["a.0", { a: "x" }, [undefined]],
    ["a.0", { a: new Uint8Array(1) }, [undefined]],
    ["a.length", { a: new Uint8Array(1) }, [undefined]],
    ["a.getTime", { a: date(0) }, [undefined]],
    ["a.constructor", { a: {} }, [undefined]],
    ["constructor", {}, [undefined]],
    ["toString.length", {}, [undefined]],
    ["toString", { toString: 1 }, [1]],
    ["length", { length: 1 }, [1]]
  ])("%s in %j leads to %j", (path, document, found) => {
    assert.deepStrictEqual(values(document, parsed(path)), found)
  })
})

const refused = (filter: unknown): FilterRefused => {
  const found = parse(filter)
  return found._tag === "FilterError" ? found : assert.fail(`it is not refused: ${found.text}`)
}

const read = (filter: unknown) => {
  const found = parse(filter)
  return found._tag === "Filter" ? found : assert.fail(JSON.stringify(found))
}

const parsed = (text: string) => {
  const path = parsePath(text)
  return path._tag === "Path" ? path : assert.fail(path.issue)
}

/** `make`, that many times, around `inner`; under `field` if there is one. */
function deep(times: number, make: (inner: unknown) => unknown, inner: unknown, field?: string) {
  let made = inner
  for (let time = 0; time < times; time += 1) made = make(made)
  return field === undefined ? made : { [field]: made }
}

/** The same, with all names in another order. */
const reversed = (value: Value): Value => {
  if (Array.isArray(value)) return value.map(reversed)
  if (typeof value !== "object" || value === null) return value
  if (Object.getPrototypeOf(value) !== Object.prototype) return value
  const entries = Object.entries(value).toReversed()
  return Object.fromEntries(entries.map(([name, member]) => [name, reversed(member)]))
}
