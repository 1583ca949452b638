/**
 * A query, checked and compiled. It depends on no state, so whoever asks the same again and again
 * keeps it.
 */
import type { ReadRefused } from "../command/Refusal.ts"
import { compile } from "../filter/compile.ts"
import * as Filter from "../filter/Filter.ts"
import * as Fingerprint from "../value/Fingerprint.ts"
import type { Document, Fields } from "../value/Value.ts"
import * as Clauses from "./Clauses.ts"
import * as Projection from "./Projection.ts"
import type { Query } from "./Query.ts"
import * as Sort from "./Sort.ts"

/** @category models */
export interface Prepared {
  readonly _tag: "Prepared"
  readonly collection: string
  /** Undefined if the query has no filter. */
  readonly clauses: Clauses.Clauses | undefined
  readonly matches: (document: Document) => boolean
  readonly sort: Sort.Sort
  readonly project: ((document: Fields) => Fields) | undefined
  /** Of filter, sort and projection: a cursor belongs to one such combination. */
  readonly fingerprint: number
}

/** @category constructors */
export const prepare = (query: Query): Prepared | ReadRefused => {
  const filter = query.filter === undefined ? undefined : Filter.parse(query.filter)
  if (filter?._tag === "FilterError") return filter
  const sort = query.sort === undefined ? Sort.byId : Sort.parse(query.sort)
  if (sort._tag !== "Sort") return sort
  const projection = query.projection === undefined ? undefined : Projection.parse(query.projection)
  if (projection?._tag === "InvalidQuery") return projection
  // The collection too: those that one batch creates have the same uid.
  const parts = [filter?.text ?? "{}", query.sort ?? [], query.projection ?? null]
  const text = JSON.stringify([query.collection, ...parts])
  return {
    _tag: "Prepared",
    collection: query.collection,
    clauses: filter === undefined ? undefined : Clauses.of(filter.node),
    matches: filter === undefined ? always : compile(filter.node),
    sort,
    project: projection?.project,
    fingerprint: Fingerprint.of(text)
  }
}

export const always = () => true
