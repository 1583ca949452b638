/**
 * Chooses how the documents of a query are found, from the filter, the sort and the indexes alone:
 * by ids; else by the index with the most leading paths that have points, then one with a range
 * behind them, then one that gives the sort, then by name; else all documents, by id.
 *
 * An index gives the order of a sort if its paths, apart from those that have one point, are those
 * of the sort, all in one direction. `_id` decides in both.
 *
 * **Gotchas**
 *
 * In a `multi` index two bounds may be met by two elements of an array: `[0, 3]` is both over 1 and
 * under 2. So only one bound is used there. It has several entries of a document, which must count
 * once, and never gives an order.
 */
import type { Collection, Index } from "../state/State.ts"
import type { Value } from "../value/Value.ts"
import * as Clauses from "./Clauses.ts"
import type { Plan } from "./Query.ts"
import type { Sort } from "./Sort.ts"

/** One way to find the documents. @category models */
export interface Access {
  /** None: the documents themselves, by id. */
  readonly index: Index | undefined
  /** For each of the first paths, the values of which one must be there, in order. */
  readonly points: ReadonlyArray<ReadonlyArray<Value>>
  /** Of the path after those. */
  readonly bounds: ReadonlyArray<Clauses.Bound>
  /** Whether documents come in the order of the sort. */
  readonly ordered: boolean
  /** From the last entry to the first; only if `ordered`. */
  readonly reverse: boolean
}

/** @category models */
export interface Choice {
  readonly access: Access
  /** One that gives the order, for when there are too many documents to sort. */
  readonly fallback: Access | undefined
}

/** Stretches of an index that one query reads. */
const stretchesMax = 100

/** @category constructors */
export const plan = ({ indexes }: Collection, clauses: Clauses.Clauses, sort: Sort): Choice => {
  for (const { points } of clauses.values())
    if (points?.length === 0) return { access: nothing, fallback: undefined }
  let access = primary(clauses, sort)
  if (access.points.length > 0) return { access, fallback: undefined }
  let fallback = access.ordered ? access : undefined
  for (const index of indexes) {
    const other = secondary(index, clauses, sort)
    if (isBetter(other, access)) access = other
    if (other.ordered && (fallback === undefined || isBetter(other, fallback))) fallback = other
  }
  return { access, fallback: access.ordered ? undefined : fallback }
}

/** How many stretches are read. @category getters */
export const stretches = ({ points }: Access): number =>
  points.reduce((product, values) => product * values.length, 1)

/** The leading values of the stretch at `at`, counted in the order of the index. @category getters */
export const stretch = ({ points }: Access, at: number): ReadonlyArray<Value> => {
  const values: Array<Value> = []
  let rest = at
  for (let place = points.length - 1; place >= 0; place -= 1) {
    const choices = points[place]!
    values.unshift(choices[rest % choices.length]!)
    rest = Math.floor(rest / choices.length)
  }
  return values
}

/** @category getters */
export const describe = (access: Access): Plan => {
  const { bounds, index, ordered: sorted, points } = access
  if (points.some((values) => values.length === 0)) return { _tag: "Nothing", bounds: [], sorted }
  const paths = index === undefined ? ["_id"] : index.keys
  if (index === undefined && points.length + bounds.length === 0)
    return { _tag: "Scan", bounds: [], sorted }
  const ranges = bounds.map((bound) => Clauses.describe(paths[points.length]!, bound))
  const texts = Array.from({ length: stretches(access) }, (_, at) => {
    const equal = stretch(access, at).map(
      (value, place) => `${paths[place]} = ${Clauses.show(value)}`
    )
    return [...equal, ...ranges].join(", ") || "all"
  })
  return index === undefined
    ? { _tag: "Primary", index: "_id", bounds: texts, sorted }
    : { _tag: "Index", index: index.name, bounds: texts, sorted }
}

const nothing: Access = {
  index: undefined,
  points: [[]],
  bounds: [],
  ordered: true,
  reverse: false
}

const noBounds: ReadonlyArray<Clauses.Bound> = []

const primary = (clauses: Clauses.Clauses, { idSign, keys }: Sort): Access => {
  const clause = clauses.get("_id")
  const ids = clause?.points?.filter((value) => typeof value === "string")
  const ordered = keys.length === 0
  return {
    index: undefined,
    points: ids === undefined ? [] : [ids],
    bounds: ids === undefined ? (clause?.bounds ?? noBounds) : noBounds,
    ordered,
    reverse: ordered && idSign === -1
  }
}

const secondary = (index: Index, clauses: Clauses.Clauses, sort: Sort): Access => {
  const points: Array<ReadonlyArray<Value>> = []
  let product = 1
  for (const path of index.keys) {
    const values = clauses.get(path)?.points
    if (values === undefined || product * values.length > stretchesMax) break
    product *= values.length
    points.push(values)
  }
  const bounds = clauses.get(index.keys[points.length] ?? "")?.bounds ?? noBounds
  const ordered = !index.multi && givesOrder(index.keys, points, sort)
  return {
    index,
    points,
    bounds: index.multi ? bounds.slice(0, 1) : bounds,
    ordered,
    reverse: ordered && sort.idSign === -1
  }
}

const givesOrder = (
  paths: ReadonlyArray<string>,
  points: Access["points"],
  { idSign, keys }: Sort
): boolean => {
  const free = paths.filter((_, at) => points[at]?.length !== 1)
  const toId = free.includes("_id") ? free.slice(0, free.indexOf("_id")) : free
  const sorted = keys.filter(({ path }) => points[paths.indexOf(path.text)]?.length !== 1)
  return (
    toId.length === sorted.length &&
    sorted.every(({ path, sign }, at) => path.text === toId[at] && sign === idSign)
  )
}

const isBetter = (a: Access, b: Access): boolean => {
  const order =
    a.points.length - b.points.length ||
    Number(a.bounds.length > 0) - Number(b.bounds.length > 0) ||
    Number(a.ordered) - Number(b.ordered)
  return order > 0
}
