import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import type { UpdateDocument } from "../../src/command/Command.ts"
import { update } from "../../src/update/Update.ts"
import { date } from "../../src/value/Compare.ts"
import { normalize } from "../../src/value/Normal.ts"
import type { Document, Fields, Value } from "../../src/value/Value.ts"
import { runs } from "../value/values.ts"
import { updated } from "./model.ts"

type Op = typeof UpdateDocument.Type
type Asked = Pick<Op, "replace" | "set" | "unset" | "inc">

const op = (asked: Asked): Op => ({ _tag: "UpdateDocument", collection: "c", id: "i", ...asked })

const run = (fields: Fields, asked: Asked) => {
  const after = update({ _id: "i", ...fields }, op(asked))
  if (after._tag === "Updated") {
    const { _id, ...rest } = after.document
    assert.strictEqual(_id, "i")
    return rest
  }
  return "path" in after ? [after._tag, after.path, after.issue] : after._tag
}

const few = fc.constantFrom("a", "b", "0", "1", "2")
const scalar = fc.constantFrom<Value>(0, 1, -1.5, Number.MAX_VALUE, "x", null, true, date(5))
const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    fc.dictionary(few, tie("value"), { maxKeys: 3, noNullPrototype: true })
  )
})).value
const fields = fc.dictionary(few, value, { maxKeys: 4, noNullPrototype: true })
const odd = fc.constantFrom("_id", "", "$x", "__proto__", "01", "-1", "constructor", "a".repeat(40))
const segment = fc.oneof({ weight: 40, arbitrary: few }, { weight: 1, arbitrary: odd })
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((names) => names.join("."))
const by = fc.constantFrom<Value>(1, -1, 0.5, -0, Number.MAX_VALUE, 1, 2)
const some = <A>(each: fc.Arbitrary<A>) =>
  fc.dictionary(path, each, { maxKeys: 3, noNullPrototype: true })
const asked = fc.record(
  { set: some(value), unset: fc.array(path, { maxLength: 2 }), inc: some(by) },
  { requiredKeys: [] }
)

const turned = (all: Fields = {}) => Object.fromEntries(Object.entries(all).toReversed())

describe("an update", () => {
  it("[ST1] does what one path after the other would do, or refuses", () => {
    const seen = { Updated: 0, InvalidDocument: 0, InvalidCommand: 0 }
    fc.assert(
      fc.property(fields, asked, (before, changes) => {
        const document = frozen({ ...before, _id: "i" }) as Document
        const after = update(document, op(changes))
        const expected = updated(document, op(changes))
        if (after._tag !== "Updated") assert.strictEqual(after._tag, expected)
        else {
          if (typeof expected === "string") assert.fail(`${expected}, but it was done`)
          assert.deepStrictEqual(after.document, normalize(expected as Fields))
        }
        seen[after._tag as keyof typeof seen] += 1
      }),
      runs(1500)
    )
    for (const count of Object.values(seen)) assert.isAtLeast(40 * count, runs(1500).numRuns)
  })

  it("[ST1] does not depend on the order of the paths", () => {
    fc.assert(
      fc.property(fields, asked, ({ _id, ...before }, { inc, set, unset = [] }) => {
        const document = { ...before, _id: "i" }
        const one = update(document, op({ set: set ?? {}, inc: inc ?? {}, unset }))
        const other = update(document, op({ set: turned(set), inc: turned(inc), unset }))
        assert.deepStrictEqual(other, one)
      }),
      runs(1000)
    )
  })

  it("[ST3] shares what it does not change, and nothing of the command", () => {
    const before = { _id: "i", kept: { a: [1] }, changed: { kept: [1], n: 1 } }
    const given = { bytes: new Uint8Array([1]), list: [1] }
    const after = update(before, op({ inc: { "changed.n": 1 }, set: { given } }))
    if (after._tag !== "Updated") assert.fail(after._tag)
    assert.strictEqual(after.document["kept"], before.kept)
    assert.strictEqual((after.document["changed"] as Fields)["kept"], before.changed.kept)
    given.bytes[0] = 2
    given.list[0] = 2
    assert.deepStrictEqual(after.document["given"], { bytes: new Uint8Array([1]), list: [1] })
    assert.deepStrictEqual(before.changed, { kept: [1], n: 1 })
  })

  it("[ST1] of very many paths takes a time in proportion to them", () => {
    const paths = Array.from({ length: 30_000 }, (_, at) => `a.b${at}.c`)
    const set = Object.fromEntries(paths.map((each) => [each, 1]))
    assert.strictEqual(Object.keys((run({}, { set }) as Fields)["a"]!).length, 30_000)
    const conflict = run({}, { set: { ...set, "a.b29999": 1 } }) as Array<string>
    assert.strictEqual(conflict[0], "InvalidCommand")
    assert.deepStrictEqual(run({ a: 1, b: 1 }, { unset: ["a"] }), { b: 1 })
  })
})

describe("set, unset and inc", () => {
  const cases: ReadonlyArray<readonly [string, Fields, Asked, unknown]> = [
    ["set makes objects on the way", {}, { set: { "a.b.0": 1 } }, { a: { b: { 0: 1 } } }],
    ["set replaces a value as a whole", { a: { b: 1 } }, { set: { a: { c: 1 } } }, { a: { c: 1 } }],
    [
      "set takes an element by its number",
      { a: [1, { b: 1 }] },
      { set: { "a.1.b": 2 } },
      { a: [1, { b: 2 }] }
    ],
    [
      "set adds elements after the last",
      { a: [1] },
      { set: { "a.2": 3, "a.1": 2 } },
      { a: [1, 2, 3] }
    ],
    ["set is of own fields", {}, { set: { "constructor.name": 1 } }, { constructor: { name: 1 } }],
    ["set of undefined is nothing", { a: 1 }, { set: { a: undefined } as never }, { a: 1 }],
    ["set writes 0 for -0", {}, { set: { a: [-0] } }, { a: [0] }],
    ["unset takes away", { a: { b: 1, c: 1 } }, { unset: ["a.b"] }, { a: { c: 1 } }],
    ["unset leaves an empty object", { a: { b: 1 } }, { unset: ["a.b"] }, { a: {} }],
    ["unset makes nothing", {}, { unset: ["a.b.c"] }, {}],
    ["unset is of own fields", { a: 1 }, { unset: ["constructor"] }, { a: 1 }],
    ["inc adds", { a: 1 }, { inc: { a: -3 } }, { a: -2 }],
    [
      "elements are added by number",
      { a: [] },
      { set: { "a.1": 1 }, inc: { "a.0": 1 } },
      { a: [1, 1] }
    ],
    ["inc begins at 0", {}, { inc: { "a.b": 2 } }, { a: { b: 2 } }],
    ["inc can add an element", { a: [] }, { inc: { "a.0": 2 } }, { a: [2] }],
    [
      "all three at once",
      { a: 1, b: 1 },
      { set: { c: 1 }, unset: ["a"], inc: { b: 1 } },
      { b: 2, c: 1 }
    ],
    ["replace is of everything", { a: 1 }, { replace: { b: [-0] } }, { b: [0] }],
    ["an empty update", { a: 1 }, { set: {} }, { a: 1 }]
  ]
  it.each(cases)("[ST1] %s", (_, before, changes, after) => {
    assert.deepStrictEqual(run(before, changes), after)
  })

  const noFields = "a value that has no fields"
  const noEnd = "an element that does not follow the last one"
  const noNumber = "a value that is not a number"
  const conflict = "another change of this update is at this path, above it or below it"
  const refusals: ReadonlyArray<readonly [string, Fields, Asked, string, string]> = [
    ["a path through a text", { a: { b: "x" } }, { set: { "a.b.c": 1 } }, "a.b", noFields],
    ["a path through null", { a: null }, { set: { "a.b": 1 } }, "a", noFields],
    ["a path through a date", { a: date(0) }, { inc: { "a.b": 1 } }, "a", noFields],
    ["a path through bytes", { a: new Uint8Array(1) }, { set: { "a.0": 1 } }, "a", noFields],
    ["unset through a number", { a: 1 }, { unset: ["a.b"] }, "a", noFields],
    [
      "a name in an array",
      { a: [{ b: 1 }] },
      { set: { "a.b": 1 } },
      "a.b",
      "a name, where an array has numbers"
    ],
    [
      "a number with a 0 before it",
      { a: [1, 2] },
      { set: { "a.01": 1 } },
      "a.01",
      "a name, where an array has numbers"
    ],
    [
      "an element beyond the end",
      { a: [{ b: [] }] },
      { set: { "a.0.b.1": 1 } },
      "a[0].b[1]",
      noEnd
    ],
    [
      "unset of an element",
      { a: [1] },
      { unset: ["a.0"] },
      "a[0]",
      "an element that cannot be taken away; set the array"
    ],
    ["inc of a text", { a: [{ b: "1" }] }, { inc: { "a.0.b": 1 } }, "a[0].b", noNumber],
    ["inc of null", { a: null }, { inc: { a: 1 } }, "a", noNumber],
    [
      "a sum without end",
      { a: Number.MAX_VALUE },
      { inc: { a: Number.MAX_VALUE } },
      "a",
      "a sum that is too large for a number"
    ]
  ]
  it.each(refusals)("[ST2] %s is refused, with its place", (_, before, changes, place, issue) => {
    assert.deepStrictEqual(run(before, changes), ["InvalidDocument", place, issue])
  })

  const wrong: ReadonlyArray<readonly [string, Asked, string, string]> = [
    ["a path twice", { set: { a: 1 }, inc: { a: 1 } }, "inc.a", conflict],
    ["a path twice in unset", { unset: ["a.b", "a.b"] }, "unset.a.b", conflict],
    ["a path under another", { set: { "a.b": 1 }, unset: ["a.b.c"] }, "unset.a.b.c", conflict],
    ["a path above another", { set: { "a.b": 1, "a.b.c": 1 } }, "set.a.b.c", conflict],
    ["the _id", { set: { _id: "i" } }, "set._id", "the _id of a document never changes"],
    ["below the _id", { unset: ["_id.x"] }, "unset._id.x", "the _id of a document never changes"],
    ["inc by a text", { inc: { a: "1" } }, "inc.a", "a value that is not a finite number"],
    [
      "inc by an infinity",
      { inc: { a: Infinity } },
      "inc.a",
      "a value that is not a finite number"
    ],
    [
      "a value that cannot be stored",
      { set: { a: [{ $b: 1 }] } },
      "set.a[0].$b",
      "a field name that begins with $"
    ],
    [
      "an operator for a path",
      { set: { $inc: 1 } },
      "set.$inc",
      "no field has a name that begins with $"
    ],
    ["an empty segment", { unset: ["a..b"] }, "unset.a..b", "a segment of the path is empty"]
  ]
  it.each(wrong)("[ST2] %s is refused, whatever the document is", (_, changes, place, issue) => {
    assert.deepStrictEqual(run({}, changes), ["InvalidCommand", place, issue])
    assert.deepStrictEqual(run({ a: { b: { c: 1 } } }, changes), ["InvalidCommand", place, issue])
  })
})

/** What is changed in place throws. */
const frozen = <A>(of: A): A => {
  if (typeof of !== "object" || of === null) return of
  for (const member of Object.values(of)) frozen(member)
  return Object.freeze(of)
}
