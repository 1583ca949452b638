/**
 * Where mingo and this language come to different verdicts: why, and an example of each.
 *
 * What random filters are compared on is everything else (`outside`). Most reasons are one: mingo
 * first makes a list of all that a path finds below an array, then asks the list as if it were a
 * field; here each thing found is asked by itself, as in MongoDB.
 */
import { date } from "../../src/value/Compare.ts"
import type { Fields, Value } from "../../src/value/Value.ts"
import { filters, isOperators, typeOf } from "./interpret.ts"

export type Reason = keyof typeof reasons

export const reasons = {
  refused: "what could be read in two ways is refused",
  lists: "below an array mingo asks the list of what it found",
  arrayInList: "mingo does not look into an array that it found below an array",
  missingInList: "mingo leaves out objects of an array that lack the field",
  level: "a path passes through an array to the objects in it, one level deep",
  flattens: "mingo looks into arrays in an array, for some operators and paths",
  wholeArray: "an array is also equal to a whole array in $in and $all",
  allOfOne: "a field that is no array has itself as its one element in $all",
  typeOfElement: "$type asks elements too",
  typeNames: "mingo has no name for the type of bytes",
  scalarElement: "only an object can have a field",
  inherited: "only own fields count, and bytes have no fields",
  zeros: "an element has one number: 01 is a name"
} as const

export interface Row {
  readonly reason: Reason
  readonly filter: unknown
  readonly document: Fields
  readonly mingo: boolean | "throws"
  readonly ours: boolean | "FilterError"
}

const row = (
  reason: Reason,
  filter: unknown,
  document: Fields,
  mingo: Row["mingo"],
  ours: Row["ours"]
): Row => ({ reason, filter, document, mingo, ours })

export const rows: ReadonlyArray<Row> = [
  row("refused", { a: { $gte: null } }, {}, false, "FilterError"),
  row("refused", { a: { $gt: [1] } }, { a: [2] }, false, "FilterError"),
  row("refused", { a: { $gt: {} } }, { a: { b: 1 } }, true, "FilterError"),
  row("refused", { $and: [] }, { a: 1 }, true, "FilterError"),
  row("refused", { $or: [] }, { a: 1 }, false, "FilterError"),
  row("refused", { $nor: [] }, { a: 1 }, true, "FilterError"),
  row("refused", { a: { $all: [] } }, { a: [] }, false, "FilterError"),
  row("refused", { a: { $not: 1 } }, { a: 2 }, true, "FilterError"),
  row("refused", { a: { $foo: 1 } }, { a: 1 }, "throws", "FilterError"),
  row("refused", { "__proto__.x": null }, { a: 1 }, "throws", "FilterError"),
  row("refused", { a: undefined }, { a: 1 }, false, "FilterError"),
  row("refused", { a: NaN }, { a: 1 }, false, "FilterError"),
  row("refused", { a: { $exists: 1 } }, { a: 1 }, true, "FilterError"),
  row("lists", { "a.b": [1, 2] }, { a: [{ b: 1 }, { b: 2 }] }, true, false),
  row("lists", { "a.b": { $size: 2 } }, { a: [{ b: 1 }, { b: 2 }] }, true, false),
  row("lists", { "a.b": { $size: 0 } }, { a: [{ b: [] }, { b: 2 }] }, false, true),
  row(
    "lists",
    { "a.b": { $all: [{ c: 1 }, 2] } },
    { a: [{ b: [2, { c: 1 }] }, { b: 1 }] },
    false,
    true
  ),
  row("lists", { "a.b": { $type: "array" } }, { a: [{ b: 1 }] }, true, false),
  row("lists", { "a.b": { $type: "number" } }, { a: [{ b: 1 }] }, false, true),
  row("lists", { "a.b": { $elemMatch: { $gt: 1 } } }, { a: [{ b: 2 }] }, true, false),
  row("lists", { "a.b": { $in: [[1]] } }, { a: [{ b: [1] }] }, false, true),
  row("lists", { "a.b.0": { $exists: true } }, { a: [] }, true, false),
  row("lists", { "a.b.c": { $exists: true } }, { a: [{ b: [] }] }, true, false),
  row("arrayInList", { "a.b": { $gt: 4 } }, { a: [{ b: [5] }, { b: 1 }] }, false, true),
  row("arrayInList", { "a.b": { $in: [5] } }, { a: [{ b: [5] }, { b: 1 }] }, false, true),
  row("arrayInList", { "a.b": 5 }, { a: [{ b: [[5]] }] }, true, false),
  row(
    "arrayInList",
    { "a.b.c": { $gt: 4 } },
    { a: [{ b: [{ c: 5 }] }, { b: [{ c: 1 }] }] },
    false,
    true
  ),
  row("missingInList", { "a.b": null }, { a: [{ b: 1 }, {}] }, false, true),
  row("missingInList", { "a.b": { $in: [null] } }, { a: [{ b: 1 }, {}] }, false, true),
  row("missingInList", { "a.b": { $ne: null } }, { a: [{ b: 1 }, {}] }, true, false),
  row("missingInList", { "a.b.c": null }, { a: [{ b: 1 }] }, false, true),
  row("level", { "a.b": { $ne: 1 } }, { a: [[1]] }, false, true),
  row("level", { "a.b": { $exists: true } }, { a: [[]] }, true, false),
  row("level", { "a.b.c": { $exists: true } }, { a: [[{ b: 1 }]] }, true, false),
  row("flattens", { "a.b": 1 }, { a: { b: [[1]] } }, true, false),
  row("flattens", { a: { $prefix: "x" } }, { a: [["x"]] }, true, false),
  row("wholeArray", { a: { $in: [[1]] } }, { a: [1] }, false, true),
  row("wholeArray", { a: { $nin: [[1]] } }, { a: [1] }, true, false),
  row("wholeArray", { a: { $all: [[1]] } }, { a: [1] }, false, true),
  row("allOfOne", { a: { $all: [1] } }, { a: 1 }, false, true),
  row("allOfOne", { a: { $all: [null] } }, {}, false, true),
  row("typeOfElement", { a: { $type: "string" } }, { a: ["x", 1] }, false, true),
  row("typeNames", { a: { $type: "bytes" } }, { a: new Uint8Array() }, false, true),
  row("scalarElement", { a: { $elemMatch: { b: 1 } } }, { a: [1] }, true, false),
  row("inherited", { "a.getTime": { $exists: true } }, { a: date(0) }, true, false),
  row("inherited", { "a.length": 1 }, { a: new Uint8Array(1) }, true, false),
  row("inherited", { "a.0": 7 }, { a: new Uint8Array([7]) }, true, false),
  row("zeros", { "a.01": 2 }, { a: [1, 2] }, true, false)
]

/** Why `filter` and `document` are outside of what both languages agree on. */
export const outside = (filter: Fields, document: Fields): Reason | undefined =>
  first(Object.entries(filter), ([name, asked]) => {
    if (filters.includes(name))
      return first(asked as ReadonlyArray<Fields>, (each) => outside(each, document))
    const operators = isOperators(asked) ? asked : { $eq: asked }
    return outsideField(name.split("."), operators, document)
  })

const outsideField = (path: ReadonlyArray<string>, operators: Fields, document: Fields) => {
  const found = walk(document, path)
  return first(Object.entries(operators), ([operator, operand]): Reason | undefined => {
    if (operator === "$not") return outsideField(path, operand as Fields, document)
    if (path.some((name) => /^0\d/.test(name))) return "zeros"
    if (found.inherited) return "inherited"
    if (found.nested) return "level"
    if (operator === "$type" && [operand].flat().includes("bytes")) return "typeNames"
    return found.passed === 0
      ? outsideValue(path, operator, operand, found.values[0])
      : outsideList(path, operator, operand, found)
  })
}

const outsideList = (
  path: ReadonlyArray<string>,
  operator: string,
  operand: Value,
  { passed, values }: Walked
): Reason | undefined => {
  if (operator === "$exists") return passed > 1 || /^\d/.test(path.at(-1)!) ? "lists" : undefined
  if (["$size", "$all", "$type", "$elemMatch"].includes(operator)) return "lists"
  const operands = listOf(operator, operand)
  if (operands.some(Array.isArray)) return "lists"
  if (passed > 1 || values.some(Array.isArray)) return "arrayInList"
  if (values.includes(undefined) && operands.includes(null)) return "missingInList"
  return undefined
}

const outsideValue = (
  path: ReadonlyArray<string>,
  operator: string,
  operand: Value,
  value: Value | undefined
): Reason | undefined => {
  const items = Array.isArray(value) ? (value as ReadonlyArray<Value>) : undefined
  switch (operator) {
    case "$eq":
    case "$ne":
      return path.length > 1 && items?.some(Array.isArray) ? "flattens" : undefined
    case "$prefix":
      return items?.some(Array.isArray) ? "flattens" : undefined
    case "$in":
    case "$nin":
      return items && listOf(operator, operand).some(Array.isArray) ? "wholeArray" : undefined
    case "$all":
      if (items === undefined) return "allOfOne"
      return listOf(operator, operand).some(Array.isArray) ? "wholeArray" : undefined
    case "$type":
      return items ? "typeOfElement" : undefined
    case "$elemMatch":
      return items && outsideElements(operand as Fields, items)
    default:
      return undefined
  }
}

const outsideElements = (asked: Fields, items: ReadonlyArray<Value>) =>
  first(items, (item): Reason | undefined => {
    if (isOperators(asked) && !Object.keys(asked).some((name) => filters.includes(name)))
      return outsideField(["item"], asked, { item })
    if (Object.keys(asked).length === 0) return undefined
    return typeOf(item) === "object" ? outside(asked, item as Fields) : "scalarElement"
  })

const listOf = (operator: string, operand: Value): ReadonlyArray<Value> =>
  ["$in", "$nin", "$all"].includes(operator) ? (operand as ReadonlyArray<Value>) : [operand]

interface Walked {
  readonly values: ReadonlyArray<Value | undefined>
  /** Arrays that the path passes through, one after another. */
  readonly passed: number
  /** Such an array has an array in it. */
  readonly nested: boolean
  /** The path goes on below a date or bytes. */
  readonly inherited: boolean
}

const walk = (value: Value | undefined, path: ReadonlyArray<string>): Walked => {
  const [name, ...rest] = path
  if (name === undefined) return { values: [value], passed: 0, nested: false, inherited: false }
  if (Array.isArray(value) && !/^\d+$/.test(name)) {
    const inside = value
      .filter(
        (item) => typeOf(item) === "object" || typeOf(item) === "date" || typeOf(item) === "bytes"
      )
      .map((item) => walk(item, path))
    return {
      values: inside.flatMap(({ values }) => values),
      passed: 1 + Math.max(0, ...inside.map(({ passed }) => passed)),
      nested: value.some(Array.isArray) || inside.some(({ nested }) => nested),
      inherited: inside.some(({ inherited }) => inherited)
    }
  }
  const fields = value as Fields
  const has = ["object", "array"].includes(typeOf(value)) && Object.hasOwn(fields, name)
  const walked = walk(has ? fields[name] : undefined, rest)
  return typeOf(value) === "date" || typeOf(value) === "bytes"
    ? { ...walked, inherited: true }
    : walked
}

const first = <A, B>(items: Iterable<A>, check: (item: A) => B | undefined): B | undefined => {
  for (const item of items) {
    const found = check(item)
    if (found !== undefined) return found
  }
  return undefined
}
