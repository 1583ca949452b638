/**
 * Random documents and filters of few names and few values. Most clauses are aimed at something
 * that the first document has: else nearly nothing would match.
 */
import * as fc from "fast-check"
import { date, typeNames } from "../../src/value/Compare.ts"
import type { Fields, Value } from "../../src/value/Value.ts"
import { filters, isOperators, typeOf } from "./interpret.ts"

export const numRuns = Number(process.env["RUNS"] ?? 2000)
/** In ms; more than enough for that many. */
export const timeout = 10_000 + 10 * numRuns

const scalar: fc.Arbitrary<Value> = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom<Value>(1, 2, "a", "ab") },
  { weight: 2, arbitrary: fc.constantFrom<Value>(null, null, true, false, "", 0, 0.5) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom<() => Value>(
        () => date(0),
        () => date(1),
        () => new Uint8Array(),
        () => new Uint8Array([1]),
        () => new Uint8Array([1, 2])
      )
      .map((make) => make())
  }
)

const name = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom("a", "b") },
  fc.constantFrom("c", "0", "length")
)

const { fields, value } = fc.letrec<{ value: Value; fields: Fields }>((tie) => ({
  value: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    { weight: 5, arbitrary: scalar },
    { weight: 2, arbitrary: fc.array(tie("value"), { maxLength: 3 }) },
    { weight: 2, arbitrary: fc.array(tie("fields"), { maxLength: 3 }) },
    { weight: 2, arbitrary: tie("fields") }
  ),
  fields: fc.dictionary(name, tie("value"), { maxKeys: 3, noNullPrototype: true })
}))

export const document = fc.dictionary(name, value, {
  minKeys: 1,
  maxKeys: 4,
  noNullPrototype: true
})

export const path = fc.oneof(
  { weight: 6, arbitrary: name },
  {
    weight: 5,
    arbitrary: fc
      .tuple(name, fc.oneof({ weight: 4, arbitrary: name }, fc.constantFrom("0", "1", "01")))
      .map((names) => names.join("."))
  },
  { weight: 2, arbitrary: fc.tuple(name, name, name).map((names) => names.join(".")) },
  fc.constantFrom("constructor", "a.getTime", "a.constructor", "b.toString")
)

const range = scalar.map((some) => (some === null ? 1 : some))
const types = fc.constantFrom(...typeNames)

const entry = (weight: number, names: ReadonlyArray<string>, operand: fc.Arbitrary<unknown>) => ({
  weight,
  arbitrary: fc.tuple(fc.constantFrom(...names), operand as fc.Arbitrary<Value>)
})

/** One operator and what it takes, as entries of an object. */
const operator = (filter: fc.Arbitrary<Fields>, operators: fc.Arbitrary<Fields>) => {
  return fc.oneof(
    { depthSize: "small" },
    entry(3, ["$eq", "$ne"], value),
    entry(6, ["$gt", "$gte", "$lt", "$lte"], range),
    entry(
      3,
      ["$in", "$nin"],
      fc.array(fc.oneof({ weight: 3, arbitrary: scalar }, value), { maxLength: 4 })
    ),
    entry(1, ["$prefix"], fc.constantFrom("", "a", "ab")),
    entry(2, ["$all"], fc.array(fc.oneof(scalar, value), { minLength: 1, maxLength: 3 })),
    entry(1, ["$size"], fc.nat(3)),
    entry(1, ["$exists"], fc.boolean()),
    entry(2, ["$type"], fc.oneof(types, fc.array(types, { minLength: 1, maxLength: 3 }))),
    entry(2, ["$elemMatch"], fc.oneof(filter, operators)),
    entry(1, ["$not"], operators)
  )
}

export const filter = fc.letrec<{ filter: Fields; operators: Fields }>((tie) => ({
  operators: fc
    .array(operator(tie("filter"), tie("operators")), { minLength: 1, maxLength: 2 })
    .map((entries) => Object.fromEntries(entries)),
  filter: fc
    .tuple(
      fc.dictionary(
        path,
        fc.oneof(
          { depthSize: "small" },
          { weight: 3, arbitrary: value },
          { weight: 5, arbitrary: tie("operators") }
        ),
        { minKeys: 1, maxKeys: 2, noNullPrototype: true }
      ),
      fc.oneof(
        { depthSize: "small" },
        { weight: 4, arbitrary: fc.constant({}) },
        fc.dictionary(
          fc.constantFrom("$and", "$or", "$nor"),
          fc.array(tie("filter"), { minLength: 1, maxLength: 3 }) as fc.Arbitrary<Value>,
          { minKeys: 1, maxKeys: 1, noNullPrototype: true }
        )
      )
    )
    .map(([fields, lists]) => ({ ...fields, ...lists }))
})).filter

export interface Case {
  readonly filter: Fields
  readonly documents: ReadonlyArray<Fields>
}

export const someCase: fc.Arbitrary<Case> = fc
  .tuple(
    filter,
    document,
    fc.array(fields, { maxLength: 1 }),
    fc.array(fc.nat(999), { minLength: 6, maxLength: 12 })
  )
  .map(([filter, document, others, picks]) => ({
    filter: aim(filter, document, picks.values()),
    documents: [document, ...others]
  }))

/** With clauses that ask for something in `document`, as `picks` choose. */
const aim = (filter: Fields, document: Fields, picks: Iterator<number>): Fields => {
  const places = placesOf(document)
  const clauses = Object.entries(filter).map(([name, asked]): readonly [string, Value] => {
    if (filters.includes(name))
      return [name, (asked as ReadonlyArray<Fields>).map((each) => aim(each, document, picks))]
    const pick = picks.next().value ?? 0
    if (pick % 9 === 0 || places.length === 0) return [name, asked]
    const [path, found] = places[pick % places.length]!
    return [path, isOperators(asked) ? aimOperators(asked, found, picks) : found]
  })
  return Object.fromEntries(clauses)
}

const aimOperators = (operators: Fields, found: Value, picks: Iterator<number>): Fields =>
  Object.fromEntries(
    Object.entries(operators).map(([name, operand]) => {
      const items = Array.isArray(found) ? found : []
      const pick = picks.next().value ?? 0
      if (pick % 9 === 0) return [name, operand]
      const item = items.length === 0 ? found : items[pick % items.length]
      switch (name) {
        case "$eq":
        case "$ne":
          return [name, pick % 2 === 0 ? found : item]
        case "$in":
        case "$nin":
        case "$all":
          return [name, [item, ...(operand as ReadonlyArray<Value>)]]
        case "$size":
          return [name, items.length]
        case "$type":
          return [name, typeOf(found)]
        case "$elemMatch":
          return [name, aimElement(operand as Fields, item, picks)]
        case "$not":
          return [name, aimOperators(operand as Fields, found, picks)]
        case "$gte":
        case "$lte":
          return [name, ranged.includes(typeOf(item)) ? item : operand]
        default:
          return [name, operand]
      }
    })
  )

const ranged = ["number", "string", "boolean", "date", "bytes"]

const aimElement = (asked: Fields, item: Value, picks: Iterator<number>): Fields =>
  isOperators(asked) && !Object.keys(asked).some((name) => filters.includes(name))
    ? aimOperators(asked, item, picks)
    : typeOf(item) === "object"
      ? aim(asked, item as Fields, picks)
      : asked

/** All paths that lead to something in `value`. */
const placesOf = (value: Value): ReadonlyArray<readonly [string, Value]> => {
  if (Array.isArray(value))
    return value.flatMap((item, at) => {
      const inside = placesOf(item)
      const under = inside.map(([path, found]) => [`${at}.${path}`, found] as const)
      return typeOf(item) === "object" ? [...inside, ...under] : under
    })
  if (typeOf(value) !== "object") return []
  return Object.entries(value as Fields).flatMap(([name, member]) => [
    [name, member] as const,
    ...placesOf(member).map(([path, found]) => [`${name}.${path}`, found] as const)
  ])
}
