/** Random collections and queries, and a naive reader to compare with. */
import * as fc from "fast-check"
import { compile } from "../../src/filter/compile.ts"
import type { ReadRefused } from "../../src/command/Refusal.ts"
import * as Filter from "../../src/filter/Filter.ts"
import { parsePath, values } from "../../src/filter/Path.ts"
import { invariant } from "../../src/invariant.ts"
import { find } from "../../src/query/find.ts"
import type { Query, Resume } from "../../src/query/Query.ts"
import { open, type Reader } from "../../src/query/Reader.ts"
import * as Collections from "../../src/state/Collections.ts"
import * as State from "../../src/state/State.ts"
import * as Tree from "../../src/tree/Tree.ts"
import { compare, date } from "../../src/value/Compare.ts"
import { LogIndex, LogTime } from "../../src/value/LogIndex.ts"
import type { Document, Fields, Value } from "../../src/value/Value.ts"

/** How often a property is tried. */
export const runs = (few: number) => Number(process.env["RUNS"] ?? few)

// Few, and numbers more often than others, so that documents and filters meet.
const scalars: ReadonlyArray<Value> = [
  0,
  1,
  2,
  3,
  0,
  1,
  2,
  3,
  "",
  "a",
  "ab",
  "b",
  null,
  true,
  false,
  date(1),
  date(2),
  new Uint8Array([1])
]
const scalar = fc.constantFrom(...scalars)
const orMissing = <A>(one: fc.Arbitrary<A>) => fc.option(one, { nil: undefined, freq: 8 })

const present = (fields: object) =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Fields

const inner = (value: fc.Arbitrary<Value>) =>
  fc.record({ b: orMissing(value), 0: orMissing(value) }).map(present)

const flat = fc.oneof({ weight: 3, arbitrary: scalar }, inner(scalar))
const element = fc.oneof(
  { weight: 3, arbitrary: scalar },
  { weight: 2, arbitrary: inner(fc.oneof(scalar, fc.array(scalar, { maxLength: 2 }))) },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 2 }) }
) as fc.Arbitrary<Value>
const nested = fc.oneof(
  { weight: 2, arbitrary: flat },
  { weight: 2, arbitrary: fc.array(element, { maxLength: 3 }) },
  inner(fc.array(element, { maxLength: 2 }) as fc.Arbitrary<Value>)
) as fc.Arbitrary<Value>

export const id = fc.nat({ max: 80 }).map((n) => `${n % 3 === 0 ? "a" : "b"}${n}`)

const documentOf = (value: fc.Arbitrary<Value>): fc.Arbitrary<Document> =>
  fc
    .record({ _id: id, a: orMissing(value), b: orMissing(value), c: orMissing(scalar) })
    .map((fields) => present(fields) as Document)

/** Documents without arrays, or with all that there is. */
export const document = fc.oneof(documentOf(flat), documentOf(nested))
/** Half of the time none has an array, so that indexes are not `multi`. */
export const documents = fc.oneof(
  fc.array(documentOf(flat), { minLength: 20, maxLength: 90, size: "max" }),
  fc.array(documentOf(nested), { minLength: 10, maxLength: 60, size: "max" })
)

const field = fc.constantFrom("a", "a", "a", "b", "b", "a.b", "a.b", "a.0", "c")
const path = fc.oneof({ weight: 8, arbitrary: field }, fc.constant("_id"))

/** Their order is that of their names. */
export const indexes = fc
  .array(fc.uniqueArray(path, { minLength: 1, maxLength: 3 }), { maxLength: 4, size: "max" })
  .map((all) => all.map((keys, at) => ({ name: `i${at}`, keys, unique: false })))

const text = fc.constantFrom("", "a", "ab", "b", "b1")
const range = (operand: fc.Arbitrary<Value>) =>
  fc
    .tuple(
      fc.constantFrom("$gt", "$gte", "$lt", "$lte"),
      operand.filter((value) => value !== null)
    )
    .map(([op, value]) => ({ [op]: value }))

const testOf = (operand: fc.Arbitrary<Value>) => {
  const whole = fc.oneof({ weight: 5, arbitrary: operand }, fc.array(scalar, { maxLength: 2 }))
  const list = fc.array(whole, { minLength: 1, maxLength: 4 })
  const one = range(operand)
  const two = fc.tuple(one, one).map(([a, b]) => ({ ...a, ...b }))
  return fc.oneof(
    { weight: 6, arbitrary: operand.map(($eq) => ({ $eq })) },
    { weight: 6, arbitrary: list.map(($in) => ({ $in })) },
    { weight: 6, arbitrary: one },
    { weight: 6, arbitrary: two },
    { weight: 3, arbitrary: text.map(($prefix) => ({ $prefix })) },
    whole.map(($eq) => ({ $eq })),
    fc.constant({ $in: [] }),
    fc.array(whole, { minLength: 1, maxLength: 2 }).map(($all) => ({ $all })),
    whole.map(($ne) => ({ $ne })),
    list.map(($nin) => ({ $nin })),
    one.map(($not) => ({ $not })),
    fc.boolean().map(($exists) => ({ $exists })),
    fc.constantFrom("null", "number", "array", "object").map(($type) => ({ $type })),
    fc.nat({ max: 2 }).map(($size) => ({ $size })),
    two.map(($elemMatch) => ({ $elemMatch })),
    operand.map((b) => ({ $elemMatch: { b } }))
  ) as fc.Arbitrary<Fields>
}

const asked = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(field, testOf(scalar)) },
  fc.tuple(fc.constant("_id"), testOf(id))
)
const one = asked.map(([name, test]): Fields => ({ [name]: test }))
const several = fc.array(one, { minLength: 1, maxLength: 3 })
const clause = fc.oneof(
  { weight: 8, arbitrary: one },
  several.map(($or): Fields => ({ $or })),
  several.map(($nor): Fields => ({ $nor })),
  several.map(($and): Fields => ({ $and }))
)
export const filter = fc.oneof(
  { weight: 1, arbitrary: fc.constant<Fields>({}) },
  { weight: 6, arbitrary: clause },
  {
    weight: 6,
    arbitrary: fc.array(clause, { minLength: 2, maxLength: 3 }).map(($and) => ({ $and }))
  }
) as fc.Arbitrary<Fields>

export const sort = fc.oneof(
  { weight: 1, arbitrary: fc.constant([]) },
  {
    weight: 2,
    arbitrary: fc.uniqueArray(fc.tuple(path, fc.constantFrom(1, -1)), {
      maxLength: 3,
      selector: ([name]) => name
    })
  },
  {
    // All in one direction, as an index has them.
    weight: 3,
    arbitrary: fc
      .tuple(fc.uniqueArray(path, { minLength: 1, maxLength: 2 }), fc.constantFrom(1, -1))
      .map(([paths, sign]) => paths.map((name) => [name, sign] as [string, 1 | -1]))
  }
) as fc.Arbitrary<Array<[string, 1 | -1]>>

// What many documents match, in stretches of an index, so that there are many pages.
const many = fc.constantFrom<Fields>(
  {},
  { a: 1 },
  { a: { $gte: 0 } },
  { b: { $gte: 1, $lt: 3 } },
  { a: { $in: [0, 1, 2, 3, null] } },
  { a: { $in: [0, 1, 2] }, b: { $in: [1, 2, 3] } },
  { _id: { $gt: "a3" } },
  { _id: { $in: ["a0", "a3", "a6", "a9", "b1", "b2", "b4", "b5", "b7"] } }
)

export const query = fc
  .record({ filter: fc.oneof(filter, many), sort })
  .map((asks): Query => ({ collection: "things", ...asks }))

/** To ask of one collection. */
export const queries = fc.array(query, { minLength: 8, maxLength: 8 })

export const uid = LogIndex.make(7)

/** A collection named `things`. Documents that an index refuses are left out. */
export const collectionOf = (
  all: ReadonlyArray<Document>,
  definitions: ReadonlyArray<State.IndexDefinition>,
  options: State.CollectionOptions = {}
): State.Collection => {
  let collection = Collections.make({ uid, name: "things", options, indexes: definitions })
  for (const each of all) collection = put(collection, each) ?? collection
  return collection
}

/** Undefined if an index refuses it. */
export const put = (collection: State.Collection, each: Document, rev = 8) => {
  const stored = Collections.store(collection, each, LogIndex.make(rev))
  if (stored._tag !== "Stored") return undefined
  const changed = Collections.put(collection, stored.stored, Tree.makeEdit())
  return changed._tag === "Put" ? changed.collection : undefined
}

/** The same documents without indexes, so that nothing but a scan is left. */
export const withoutIndexes = (collection: State.Collection): State.Collection => ({
  ...collection,
  indexes: []
})

export const stateOf = (collection: State.Collection, timeMs = 0): State.State => ({
  ...State.empty,
  time: LogTime.make(timeMs),
  collections: Tree.set(State.empty.collections, collection.name, collection, Tree.makeEdit())
})

export const contents = ({ documents: kept }: State.Collection): ReadonlyArray<Document> =>
  Array.from(Tree.entries(kept), ([, stored]) => stored.document)

/** What a query finds, in order: all of it sorted anew, by a comparison of its own. */
export const naive = (all: ReadonlyArray<Document>, asks: Query): ReadonlyArray<Document> => {
  const matches = matcher(asks.filter ?? {})
  return all.filter(matches).toSorted(naiveOrder(asks.sort ?? []))
}

export const matcher = (asks: Fields) => {
  const parsed = Filter.parse(asks)
  invariant(parsed._tag === "Filter", `the filter is right: ${JSON.stringify(parsed)}`)
  return compile(parsed.node)
}

export const naiveOrder = (by: NonNullable<Query["sort"]>) => {
  const last = by.at(-1)?.[1] ?? 1
  const full = by.some(([name]) => name === "_id") ? by : [...by, ["_id", last] as const]
  return (a: Document, b: Document) => {
    for (const [name, sign] of full) {
      const order = compare(sortValue(a, name, sign), sortValue(b, name, sign)) * sign
      if (order !== 0) return order
    }
    return 0
  }
}

const sortValue = (each: Document, name: string, sign: 1 | -1) => {
  const parsed = parsePath(name)
  invariant(parsed._tag === "Path", "the path is right")
  const all: Array<Value> = []
  for (const value of values(each, parsed)) {
    if (Array.isArray(value)) all.push(...value)
    else all.push(value ?? null)
  }
  all.sort(compare)
  return (sign === 1 ? all[0] : all.at(-1)) ?? null
}

/** As a command finds it. */
export const findAll = (collection: State.Collection, asks: Fields, timeMs = 0) => {
  const parsed = Filter.parse(asks)
  invariant(parsed._tag === "Filter", `the filter is right: ${JSON.stringify(parsed)}`)
  const found = find(collection, parsed.node, LogTime.make(timeMs))
  const all: Array<Document> = []
  while (found.next()) all.push(found.value.document)
  return all
}

/** Runs a reader to its end, in portions of `budget`. */
export const finish = <A extends { readonly _tag: string }>(
  reader: Reader<A> | ReadRefused,
  budget = Infinity
): A | ReadRefused => {
  if (reader._tag !== "Reader") return reader
  for (;;) {
    const result = reader.next(budget)
    if (result._tag !== "More") return result as A | ReadRefused
  }
}

export const readPage = (
  state: State.State,
  asks: Query,
  options: { limit: number; resume?: Resume | undefined; budget?: number }
) => {
  const result = finish(open(state, asks, options), options.budget)
  invariant(result._tag === "Page", `a page: ${JSON.stringify(result)}`)
  return result.page
}

/** All pages, one after the other. */
export const readAll = (state: State.State, asks: Query, limit = 1000, budget?: number) => {
  const found: Array<Fields> = []
  let resume: Resume | undefined
  do {
    const page = readPage(state, asks, {
      limit,
      resume,
      ...(budget === undefined ? {} : { budget })
    })
    found.push(...page.found.map((each) => each.document))
    invariant(found.length <= 1000, "the pages come to an end")
    resume = page.next
  } while (resume !== undefined)
  return found
}
