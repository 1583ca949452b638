// What the type checker refuses is checked with the tests' types; here run the filters it accepts.
import { assert, expectTypeOf, it } from "@effect/vitest"
import { parse } from "../../src/filter/Filter.ts"
import type { FilterOf, PathOf, ValueAt } from "../../src/filter/TypedFilter.ts"
import { date } from "../../src/value/Compare.ts"
import type { Fields } from "../../src/value/Value.ts"

interface Line {
  readonly product: string
  readonly price: number
  readonly marks?: ReadonlyArray<"new" | "used">
}

interface Order {
  readonly _id: string
  readonly state: "open" | "paid"
  readonly total: number
  readonly express: boolean
  readonly note?: string
  readonly rating: number | null
  readonly ordered: Date
  readonly seal: Uint8Array
  readonly tags: ReadonlyArray<string>
  readonly buyer: { readonly name: string; readonly address?: { readonly city: string } }
  readonly lines: ReadonlyArray<Line>
  readonly grid: ReadonlyArray<ReadonlyArray<number>>
  readonly deep: { a: { b: { c: { d: number } } } }
}

const accepted: ReadonlyArray<FilterOf<Order>> = [
  {},
  { _id: "x", state: "open", total: 1, express: true, rating: null, note: null },
  { ordered: date(0), seal: new Uint8Array(), tags: "new", "buyer.name": "Ada" },
  { tags: ["a", "b"], buyer: { name: "Ada" }, "buyer.address": null, grid: [1] },
  { total: { $gt: 1, $gte: 1, $lt: 2, $lte: 2, $ne: 1, $in: [1, null], $nin: [] } },
  { note: { $prefix: "a", $gt: "a" }, state: { $gte: "m", $prefix: "op", $in: ["open"] } },
  { express: { $gt: false }, ordered: { $gt: date(0) }, seal: { $lt: new Uint8Array(1) } },
  { tags: { $all: ["a", "b"], $size: 2, $prefix: "a", $elemMatch: { $gt: "a" }, $in: ["a"] } },
  { rating: { $exists: true, $type: "number", $not: { $lt: 3 } } },
  { "lines.price": { $gt: 1 }, "lines.0.price": 2, "lines.0": null, "lines.marks": "new" },
  { lines: { $elemMatch: { price: { $gt: 1 }, product: "x", $or: [{ price: 1 }, {}] }, $size: 1 } },
  { "tags.1": "x", "grid.0.1": { $lt: 1 }, "deep.a.b.c": { d: 1 } },
  { $and: [{ total: 1 }, { $or: [{ state: "paid" }, { $nor: [{ express: true }] }] }] },
  { total: { $type: ["null", "number"] } }
]

it("[ST9] what the type of a filter accepts is a filter", () => {
  for (const filter of accepted) assert.strictEqual(parse(filter)._tag, "Filter")
})

it("the type of a filter refuses what does not fit the documents", () => {
  const refused: ReadonlyArray<FilterOf<Order>> = [
    // @ts-expect-error there is no such field
    { totl: 1 },
    // @ts-expect-error nor such a path
    { "buyer.age": 1 },
    // @ts-expect-error nor one through an array
    { "lines.prize": 1 },
    // @ts-expect-error five segments
    { "deep.a.b.c.d": 1 },
    // @ts-expect-error another type
    { total: "1" },
    // @ts-expect-error none of the texts
    { state: "closed" },
    // @ts-expect-error nor in a list
    { state: { $in: ["closed"] } },
    // @ts-expect-error undefined matches nothing
    { note: undefined },
    // @ts-expect-error an operator that does not exist
    { total: { $regex: "1" } },
    // @ts-expect-error a range over another type
    { total: { $gt: "1" } },
    // @ts-expect-error a range over objects
    { buyer: { $gt: 1 } },
    // @ts-expect-error a range over null
    { rating: { $gte: null } },
    // @ts-expect-error a prefix of a number
    { total: { $prefix: "1" } },
    // @ts-expect-error the size of a text
    { note: { $size: 1 } },
    // @ts-expect-error elements of a number
    { total: { $elemMatch: { $gt: 1 } } },
    // @ts-expect-error an element of another type
    { tags: 1 },
    // @ts-expect-error a field that elements lack
    { lines: { $elemMatch: { total: 1 } } },
    // @ts-expect-error a type that does not exist
    { total: { $type: "bool" } },
    // @ts-expect-error a negation of a value
    { total: { $not: 1 } },
    // @ts-expect-error one filter where there must be many
    { $or: { total: 1 } },
    // @ts-expect-error the same inside
    { $or: [{ totl: 1 }] }
  ]
  assert.strictEqual(refused.length, 21)
})

it("paths and what they lead to have types", () => {
  expectTypeOf<PathOf<{ a: 1; b?: { c: null; d: Date } }>>().toEqualTypeOf<
    "a" | "b" | "b.c" | "b.d"
  >()
  expectTypeOf<PathOf<{ a: ReadonlyArray<{ b: 1 } | string> }>>().toEqualTypeOf<
    "a" | "a.b" | `a.${number}` | `a.${number}.b`
  >()
  expectTypeOf<PathOf<{ a: 1 } | { b: 1 }>>().toEqualTypeOf<"a" | "b">()
  expectTypeOf<PathOf<Fields>>().toEqualTypeOf<string>()
  expectTypeOf<ValueAt<Order, "total">>().toEqualTypeOf<number>()
  expectTypeOf<ValueAt<Order, "note">>().toEqualTypeOf<string>()
  expectTypeOf<ValueAt<Order, "buyer.address.city">>().toEqualTypeOf<string>()
  expectTypeOf<ValueAt<Order, "lines.price">>().toEqualTypeOf<number>()
  expectTypeOf<ValueAt<Order, "lines.7">>().toEqualTypeOf<Line>()
  expectTypeOf<ValueAt<Order, "lines.7.marks">>().toEqualTypeOf<ReadonlyArray<"new" | "used">>()
  expectTypeOf<ValueAt<Order, "grid.0.1">>().toEqualTypeOf<number>()
  expectTypeOf<ValueAt<Order, "tags.length">>().toEqualTypeOf<never>()
  expectTypeOf<ValueAt<Order, "ordered.getTime">>().toEqualTypeOf<never>()
})

it("documents that contain their own kind, or of no known type, have filters too", () => {
  interface Tree {
    readonly name: string
    readonly children: ReadonlyArray<Tree>
  }
  const filters: readonly [FilterOf<Tree>, FilterOf<Fields>] = [
    { "children.children.children.name": "x", children: { $elemMatch: { name: { $gt: "a" } } } },
    { "a.b.c.d.e.f": { $gt: 1 }, $or: [{ a: null }, { b: { c: 1 } }] }
  ]
  for (const filter of filters) assert.strictEqual(parse(filter)._tag, "Filter")
  // So that a typed filter can be sent as one of no known type.
  expectTypeOf<FilterOf<{ a: number; b: Array<{ c: string }> }>>().toExtend<Fields>()
})
