/**
 * What a filter says about single paths, as far as an index can make use of it: the values that one
 * of must be there (points), and ranges that something there must be in (bounds).
 *
 * Only what must hold for the whole filter counts, and only tests that are true of a document
 * solely because of a value that stands in the index: a missing field, too, stands there as null.
 * What is negated (`$ne`, `$nin`, `$not`, `$nor`), asks for a shape (`$exists`, `$type`, `$size`) or
 * looks at elements by itself (`$elemMatch`) says nothing here. Every document that is found is
 * checked by the whole filter, so a clause that is left out costs time and nothing else.
 */
import type { Node, RangeOperator, RangeValue, Test } from "../filter/Filter.ts"
import * as Canonical from "../value/Canonical.ts"
import { compare, rank } from "../value/Compare.ts"
import type { Value } from "../value/Value.ts"

/** A range of values, which never leaves the type of its operand. @category models */
export interface Bound {
  readonly test: Extract<Test, { readonly _tag: "Range" | "Prefix" }>
  /** Below 0 for values before the range, 0 inside, above 0 after it. */
  readonly order: (value: Value) => number
}

/** @category models */
export interface Clause {
  /** In order, each once; the shortest such list that the filter has. */
  readonly points: ReadonlyArray<Value> | undefined
  readonly bounds: ReadonlyArray<Bound>
}

/** By the text of the path. @category models */
export type Clauses = ReadonlyMap<string, Clause>

/** @category constructors */
export const none: Clauses = new Map()

/** @category constructors */
export const of = (node: Node): Clauses => {
  const clauses = new Map<string, Clause>()
  for (const each of node._tag === "And" ? node.nodes : [node])
    if (each._tag === "Field") {
      const { text } = each.path
      const clause = add(clauses.get(text) ?? unbounded, each.test)
      if (clause !== undefined) clauses.set(text, clause)
    }
  return clauses
}

/** Values of the operand's type on one side of it. @category constructors */
export const range = (op: RangeOperator, operand: RangeValue): Bound => ({
  test: { _tag: "Range", op, value: operand },
  order: orderOf(op, operand)
})

/** As people read it. @category getters */
export const describe = (path: string, { test }: Bound): string =>
  test._tag === "Prefix"
    ? `${path} starts with ${show(test.prefix)}`
    : `${path} ${symbols[test.op]} ${show(test.value)}`

/** The canonical text of a value of a filter. @category getters */
export const show = (value: Value): string => {
  const canonical = Canonical.of(value)
  return canonical._tag === "Canonical" ? canonical.text : "?"
}

const unbounded: Clause = { points: undefined, bounds: [] }

const add = (clause: Clause, test: Test): Clause | undefined => {
  const { bounds, points } = clause
  switch (test._tag) {
    case "Eq":
      return { bounds, points: fewer(points, [test.value]) }
    case "In":
      return { bounds, points: fewer(points, inOrder(test.values)) }
    case "All":
      // Each of them must be there; to find the documents, one is enough.
      return { bounds, points: fewer(points, test.values.slice(0, 1)) }
    case "Range":
      return { points, bounds: [...bounds, range(test.op, test.value)] }
    case "Prefix":
      // First: it is bounded at both ends.
      return { points, bounds: [{ test, order: prefixOrder(test.prefix) }, ...bounds] }
    default:
      return undefined
  }
}

const fewer = (a: ReadonlyArray<Value> | undefined, b: ReadonlyArray<Value>) =>
  a === undefined || b.length < a.length ? b : a

const inOrder = (values: ReadonlyArray<Value>): ReadonlyArray<Value> =>
  values.toSorted(compare).filter((value, at, all) => at === 0 || compare(all[at - 1], value) !== 0)

// What is of another type is outside, on the side where that type stands.
const orderOf = (op: RangeOperator, operand: RangeValue): Bound["order"] => {
  const type = rank(operand)
  switch (op) {
    case "$gt":
      return (value) => (compare(value, operand) <= 0 ? -1 : rank(value) > type ? 1 : 0)
    case "$gte":
      return (value) => (compare(value, operand) < 0 ? -1 : rank(value) > type ? 1 : 0)
    case "$lt":
      return (value) => (compare(value, operand) >= 0 ? 1 : rank(value) < type ? -1 : 0)
    case "$lte":
      return (value) => (compare(value, operand) > 0 ? 1 : rank(value) < type ? -1 : 0)
  }
}

const prefixOrder =
  (prefix: string): Bound["order"] =>
  (value) =>
    compare(value, prefix) < 0 ? -1 : typeof value === "string" && value.startsWith(prefix) ? 0 : 1

const symbols: Record<RangeOperator, string> = { $gt: ">", $gte: ">=", $lt: "<", $lte: "<=" }
