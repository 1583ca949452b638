/** Random values, few and odd enough to meet each other and every special case. */
import * as fc from "fast-check"
import { vi } from "vitest"
import { date, isDate } from "../../src/value/Compare.ts"
import type { Document, Fields, Value } from "../../src/value/Value.ts"

// Many runs take long on a machine that does other things as well; how long is not what is tested.
vi.setConfig({ testTimeout: 120_000 })

export const runs = (few: number) => ({ numRuns: Number(process.env["RUNS"] ?? few) })

const oddTexts = [
  "",
  '"',
  "\\",
  "\n",
  "\u0000",
  "\u007f",
  "é",
  "漢",
  "😀",
  "\u2028",
  "\\ud800",
  "a"
]

export const text = fc.oneof(
  fc.constantFrom(...oddTexts),
  fc.array(fc.constantFrom(...oddTexts), { maxLength: 6 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 12 })
)

export const number = fc.oneof(
  fc.constantFrom(
    0,
    -0,
    1,
    -1,
    10,
    9,
    0.1,
    1e21,
    -1e-7,
    Number.MAX_VALUE,
    Number.MIN_VALUE,
    2 ** 53
  ),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.integer()
)

export const time = fc
  .oneof(fc.constantFrom(0, -1, 8.64e15, -8.64e15), fc.integer({ min: -8.64e15, max: 8.64e15 }))
  .map(date)

export const bytes = fc.uint8Array({ maxLength: 7 })

/** Names that stand before others in an object, that every object inherits, or that sort apart. */
export const name = fc.oneof(
  fc.constantFrom("a", "b", "B", "aa", "10", "9", "_id", "_tag", "constructor", "toString"),
  fc.constantFrom(
    "hasOwnProperty",
    "length",
    "toJSON",
    "é",
    "a\nb",
    '"',
    "\ue000",
    "😀",
    "a$",
    " "
  ),
  text.filter((some) => some !== "" && some !== "__proto__" && !some.startsWith("$"))
)

const fieldName = name.filter((some) => !some.includes("."))

export const value: fc.Arbitrary<Value> = fc.letrec<{ value: Value; fields: Fields }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    fc.constantFrom<Value>(null, true, false),
    number,
    text,
    time,
    bytes,
    fc.array(tie("value"), { maxLength: 4 }),
    tie("fields")
  ),
  fields: fc.dictionary(fieldName, tie("value"), { maxKeys: 5, noNullPrototype: true })
})).value

export const fields: fc.Arbitrary<Fields> = fc.dictionary(fieldName, value, {
  maxKeys: 6,
  noNullPrototype: true
})

export const document: fc.Arbitrary<Document> = fields.map((some) => ({ ...some, _id: "id" }))

/** The same value: other keys order, -0 for 0, members that are undefined, nothing shared. */
export const disguised = (of: Value): Value => {
  if (Object.is(of, 0)) return -0
  if (typeof of !== "object" || of === null) return of
  if (Array.isArray(of)) return of.map(disguised)
  if (of instanceof Uint8Array) return Buffer.from(of)
  if (isDate(of)) return date(of.getTime())
  const out = Object.create(null)
  out["left out"] = undefined
  for (const [key, member] of Object.entries(of).toReversed())
    if (key !== "left out") out[key] = disguised(member)
  return "left out" in of ? { ...out, "left out": disguised(of["left out"]!) } : out
}

export const isPlain = (of: unknown): of is Fields =>
  typeof of === "object" && of !== null && Object.getPrototypeOf(of) === Object.prototype

/** Arrays in arrays, that many levels. */
export const nested = (levels: number): Value =>
  levels === 0 ? 1 : levels % 2 === 0 ? [nested(levels - 1)] : { a: nested(levels - 1) }
