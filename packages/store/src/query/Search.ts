/** What is looked for, and where: everything about a query but its order and its pages. */
import type { ReadRefused } from "../command/Refusal.ts"
import type { Collection, State, Stored } from "../state/State.ts"
import * as Tree from "../tree/Tree.ts"
import type { LogTime } from "../value/LogIndex.ts"
import type { Document } from "../value/Value.ts"
import * as Candidates from "./Candidates.ts"
import * as Clauses from "./Clauses.ts"
import { Matches } from "./Matches.ts"
import type { Access } from "./plan.ts"
import { prepare, type Prepared } from "./Prepared.ts"
import type { Position, Query } from "./Query.ts"
import type { Sort } from "./Sort.ts"

/** @category models */
export interface Search {
  readonly collection: Collection
  readonly clauses: Clauses.Clauses
  readonly matches: (document: Document) => boolean
  /** What has expired by then is not there. */
  readonly time: LogTime
}

/** @category models */
export interface Located {
  readonly _tag: "Located"
  readonly search: Search
  readonly prepared: Prepared
}

/** @category constructors */
export const locate = (state: State, query: Query | Prepared): Located | ReadRefused => {
  const prepared = "_tag" in query ? query : prepare(query)
  if (prepared._tag !== "Prepared") return prepared
  const collection = Tree.get(state.collections, prepared.collection)
  if (collection === undefined)
    return { _tag: "CollectionNotFound", collection: prepared.collection }
  const { clauses = Clauses.none, matches } = prepared
  return { _tag: "Located", search: { collection, clauses, matches, time: state.time }, prepared }
}

/** With `after`, of an ordered access, what comes after it. @category constructors */
export const run = (search: Search, access: Access, sort: Sort, after?: Position): Matches =>
  new Matches(Candidates.open(search.collection, access, sort, after), {
    matches: search.matches,
    time: search.time,
    multi: access.index?.multi === true
  })

/** The document, if it is there and has not expired. @category getters */
export const get = (
  state: State,
  collection: string,
  id: string
): { readonly _tag: "Got"; readonly stored: Stored | undefined } | ReadRefused => {
  const found = Tree.get(state.collections, collection)
  if (found === undefined) return { _tag: "CollectionNotFound", collection }
  const stored = Tree.get(found.documents, id)
  return {
    _tag: "Got",
    stored: stored === undefined || stored.expiresMs <= state.time ? undefined : stored
  }
}
