/**
 * Reads a query page by page, and each page in portions, so that others can run in between.
 *
 * A page ends where the order of the sort names it, not at a count: whatever is written between two
 * pages, and whatever index the next one is read by, a document that stays as it is comes exactly
 * once.
 *
 * Without an index that gives the order, all matches are sorted. That is refused when there are
 * more than `sortMax`, whatever the limit and the page: else a long list would cost a full sort
 * for each page. If the filter's index finds too many, one that gives the order is read instead.
 */
import * as Limits from "../command/Limits.ts"
import type { ReadRefused } from "../command/Refusal.ts"
import type { State } from "../state/State.ts"
import { Draft } from "./Draft.ts"
import type { Matches } from "./Matches.ts"
import { plan, type Access } from "./plan.ts"
import type { Prepared } from "./Prepared.ts"
import type { Page, Query, Resume } from "./Query.ts"
import { locate, run, type Located } from "./Search.ts"
import { Top } from "./Top.ts"

/** Nothing to tell yet: call again. @category models */
export interface More {
  readonly _tag: "More"
}

/** @category models */
export interface Reader<A> {
  readonly _tag: "Reader"
  /** Looks at up to `budget` documents. Not to be called again once it gave something else than `More`. */
  readonly next: (budget: number) => More | A | ReadRefused
}

/** @category models */
export interface PageRead {
  readonly _tag: "Page"
  readonly page: Page
}

/** @category models */
export interface ReadOptions {
  /** Documents on the page; default 100, at most 1,000. */
  readonly limit?: number | undefined
  /** `next` of the page before, of the same query. */
  readonly resume?: Resume | undefined
}

/** @category constructors */
export const open = (
  state: State,
  query: Query | Prepared,
  { limit = Limits.pageDefault, resume }: ReadOptions = {}
): Reader<PageRead> | ReadRefused => {
  const located = locate(state, query)
  if (located._tag !== "Located") return located
  if (!Number.isInteger(limit) || limit < 1)
    return { _tag: "InvalidQuery", path: "limit", issue: "a page has one document at least" }
  if (resume !== undefined && !belongs(resume, located)) return { _tag: "CursorInvalid" }
  return new Pages(located, Math.min(limit, Limits.pageMax), resume)
}

export const more: More = { _tag: "More" }

const belongs = ({ position, query, uid }: Resume, { prepared, search }: Located): boolean =>
  uid === search.collection.uid &&
  query === prepared.fingerprint &&
  position.values.length === prepared.sort.keys.length

class Pages implements Reader<PageRead> {
  readonly _tag = "Reader"

  private readonly located: Located
  private readonly resume: Resume | undefined
  private readonly draft: Draft
  private fallback: Access | undefined
  private matches: Matches
  /** If the matches do not come in order. */
  private top: Top | undefined
  private matched = 0

  constructor(located: Located, limit: number, resume: Resume | undefined) {
    const { prepared, search } = located
    const { access, fallback } = plan(search.collection, search.clauses, prepared.sort)
    const after = resume?.position
    this.located = located
    this.resume = resume
    this.draft = new Draft(located, limit)
    this.fallback = fallback
    this.matches = run(search, access, prepared.sort, access.ordered ? after : undefined)
    this.top = access.ordered ? undefined : new Top(prepared.sort, limit + 1, after)
  }

  next(budget: number): More | PageRead | ReadRefused {
    this.matches.allow(Math.max(1, budget))
    return this.top === undefined ? this.take() : this.choose(this.top)
  }

  private take(): More | PageRead | ReadRefused {
    const { draft, matches } = this
    while (matches.next()) if (!draft.add(matches.value)) return draft.end(true)
    return matches.ended ? draft.end(false) : more
  }

  private choose(top: Top): More | PageRead | ReadRefused {
    const { draft, matches } = this
    while (matches.next()) {
      this.matched += 1
      if (this.matched > Limits.sortMax) return this.fallBack()
      top.add(matches.value)
    }
    if (!matches.ended) return more
    for (const stored of top.sorted()) if (!draft.add(stored)) return draft.end(true)
    return draft.end(false)
  }

  private fallBack(): More | ReadRefused {
    const { fallback, located, resume } = this
    if (fallback === undefined) return { _tag: "SortTooLarge", max: Limits.sortMax }
    this.matches = run(located.search, fallback, located.prepared.sort, resume?.position)
    this.top = undefined
    return more
  }
}
