/**
 * The order of a query's documents. It is total, so a place in it is named by values, not by a
 * count: the sort's values, then `_id`.
 *
 * `_id` goes in the direction of the last path, ascending without any, so that an index read
 * backwards gives a descending sort.
 *
 * **Gotchas**
 *
 * Where a path leads to several values, or to an array, the least of them (of the elements, too)
 * counts in an ascending sort and the greatest in a descending one. An index has one entry for each
 * of them, which is why a `multi` index never gives the order of a sort.
 */
import type { InvalidQuery } from "../command/Refusal.ts"
import { parsePath, values, type Path } from "../filter/Path.ts"
import { compare as compareValues } from "../value/Compare.ts"
import type { Document, Value } from "../value/Value.ts"
import type { Position } from "./Query.ts"

/** 1 goes up, -1 goes down. @category models */
export type Sign = 1 | -1

/** @category models */
export interface SortKey {
  readonly path: Path
  readonly sign: Sign
}

/** @category models */
export interface Sort {
  readonly _tag: "Sort"
  /** Never `_id`: what would come after it decides nothing. */
  readonly keys: ReadonlyArray<SortKey>
  /** Of `_id`, which decides between equals. */
  readonly idSign: Sign
}

/** Paths of one sort: an index has four at most. */
const keysMax = 8

/** @category constructors */
export const byId: Sort = { _tag: "Sort", keys: [], idSign: 1 }

/** @category constructors */
export const parse = (
  sort: ReadonlyArray<readonly [string, Sign]>
): Sort | typeof InvalidQuery.Encoded => {
  if (sort.length > keysMax) return invalid("sort", `a sort has at most ${keysMax} paths`)
  const keys: Array<SortKey> = []
  let idSign: Sign | undefined
  for (const [at, [text, sign]] of sort.entries()) {
    const path = parsePath(text)
    if (path._tag === "Issue") return invalid(`sort[${at}]`, path.issue)
    if (keys.some((key) => key.path.text === text))
      return invalid(`sort[${at}]`, "the path is given twice")
    if (text === "_id") idSign ??= sign
    else if (idSign === undefined) keys.push({ path, sign })
  }
  return { _tag: "Sort", keys, idSign: idSign ?? keys.at(-1)?.sign ?? 1 }
}

/** Where a document stands in the order. @category getters */
export const positionOf = ({ keys }: Sort, document: Document): Position => {
  const { _id: id } = document
  return { values: keys.length === 0 ? none : keys.map((key) => valueOf(document, key)), id }
}

/** Negative if `a` comes first. @category comparing */
export const compare = ({ idSign, keys }: Sort, a: Position, b: Position): number => {
  for (let at = 0; at < keys.length; at += 1) {
    const order = compareValues(a.values[at], b.values[at])
    if (order !== 0) return order * keys[at]!.sign
  }
  return a.id === b.id ? 0 : a.id < b.id ? -idSign : idSign
}

const none: ReadonlyArray<Value> = []

const valueOf = (document: Document, { path, sign }: SortKey): Value => {
  const reached = values(document, path)
  if (reached.length === 1 && !Array.isArray(reached[0])) return reached[0] ?? null
  let found: Value | undefined
  for (const value of reached.flat() as ReadonlyArray<Value | undefined>)
    if (found === undefined || compareValues(value, found) * sign < 0) found = value ?? null
  return found ?? null
}

const invalid = (path: string, issue: string): typeof InvalidQuery.Encoded => ({
  _tag: "InvalidQuery",
  path,
  issue
})
