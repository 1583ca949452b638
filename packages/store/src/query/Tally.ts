/** Counts the documents of a query, and explains how they are found. */
import * as Limits from "../command/Limits.ts"
import type { ReadRefused } from "../command/Refusal.ts"
import { expiresIndex } from "../state/Collections.ts"
import * as KeyText from "../state/KeyText.ts"
import type { Collection, State } from "../state/State.ts"
import * as Tree from "../tree/Tree.ts"
import { date } from "../value/Compare.ts"
import type { LogTime } from "../value/LogIndex.ts"
import * as Clauses from "./Clauses.ts"
import type { Matches } from "./Matches.ts"
import { describe, plan, type Access, type Choice } from "./plan.ts"
import type { Prepared } from "./Prepared.ts"
import type { Explained, Query } from "./Query.ts"
import { more, type More, type Reader } from "./Reader.ts"
import { locate, run, type Search } from "./Search.ts"
import * as Sort from "./Sort.ts"

/** @category models */
export interface Counted {
  readonly _tag: "Counted"
  readonly count: number
}

/** @category models */
export interface Explanation {
  readonly _tag: "Explanation"
  readonly explained: Explained
}

/** How many documents match; sort and projection do not matter. @category constructors */
export const count = (state: State, query: Query | Prepared): Reader<Counted> | ReadRefused => {
  const located = locate(state, query)
  if (located._tag !== "Located") return located
  const { prepared, search } = located
  const { collection } = search
  if (prepared.clauses === undefined) {
    const all = collection.documents.size - expired(collection, state.time)
    return { _tag: "Reader", next: () => ({ _tag: "Counted", count: all }) }
  }
  const { access, fallback } = plan(collection, search.clauses, Sort.byId)
  // What is found through several entries is remembered, to count it once; not without a limit.
  const choice = { access, fallback: access.index?.multi === true ? fallback : undefined }
  return new Tally(search, choice, Sort.byId, ({ matched }) => ({
    _tag: "Counted",
    count: matched
  }))
}

/**
 * How all documents of the query are found, with what that costs.
 *
 * If they are not found in the order of the sort and there are more than `sortMax`, reading them is
 * refused.
 *
 * @category constructors
 */
export const explain = (
  state: State,
  query: Query | Prepared
): Reader<Explanation> | ReadRefused => {
  const located = locate(state, query)
  if (located._tag !== "Located") return located
  const { prepared, search } = located
  const choice = plan(search.collection, search.clauses, prepared.sort)
  return new Tally(search, choice, prepared.sort, ({ access, matched, scanned }) => ({
    _tag: "Explanation",
    explained: { ...describe(access), scanned, matched }
  }))
}

interface Total {
  readonly access: Access
  readonly scanned: number
  readonly matched: number
}

class Tally<A> implements Reader<A> {
  readonly _tag = "Reader"

  private readonly search: Search
  private readonly sort: Sort.Sort
  private readonly finish: (total: Total) => A
  private readonly fallback: Access | undefined
  private access: Access
  private matches: Matches
  private matched = 0

  constructor(
    search: Search,
    { access, fallback }: Choice,
    sort: Sort.Sort,
    finish: (total: Total) => A
  ) {
    this.search = search
    this.sort = sort
    this.finish = finish
    this.fallback = fallback
    this.access = access
    this.matches = run(search, access, sort)
  }

  next(budget: number): More | A {
    const { fallback, matches } = this
    matches.allow(Math.max(1, budget))
    while (matches.next()) {
      this.matched += 1
      if (this.matched > Limits.sortMax && fallback !== undefined && this.access !== fallback) {
        this.access = fallback
        this.matches = run(this.search, fallback, this.sort)
        this.matched = 0
        return more
      }
    }
    if (!matches.ended) return more
    return this.finish({ access: this.access, scanned: matches.scanned, matched: this.matched })
  }
}

/** Documents that are due, and not removed yet. */
const expired = ({ indexes }: Collection, time: LogTime): number => {
  const index = indexes.find(({ name }) => name === expiresIndex)
  if (index === undefined) return 0
  const { order } = Clauses.range("$lte", date(time))
  const due = Tree.scan(index.entries, { within: (key) => order(KeyText.valueAt(key, 0)) })
  let found = 0
  while (due.next()) found += 1
  return found
}
