/**
 * The end of a document's life, by the time of the log.
 *
 * From its time on a document counts as absent, for commands and for reads alike. It is taken away
 * when a command meets it, or when the leader says so; until then it only takes space.
 */
import { expireMax } from "../command/Limits.ts"
import type { Written } from "../command/Result.ts"
import * as Collections from "../state/Collections.ts"
import * as KeyText from "../state/KeyText.ts"
import type { Collection, IndexKey, State, Stored } from "../state/State.ts"
import * as Tree from "../tree/Tree.ts"
import { isDate } from "../value/Compare.ts"
import * as Draft from "./Draft.ts"

/** @category predicates */
export const isExpired = ({ expiresMs }: Stored, { time }: State): boolean => expiresMs <= time

/** Takes an expired document out of `from`. @category combinators */
export const expire = (draft: Draft.Draft, from: Collection, stored: Stored): Collection => {
  const { _id: id } = stored.document
  Draft.note(draft, from, { kind: "expired", before: stored })
  return Collections.take(from, id, draft.edit)
}

/** Takes up to `max` expired documents out of `from`, those first that expired first. @category combinators */
export const expireAll = (draft: Draft.Draft, from: Collection, max: number): Collection =>
  due(from, draft.state, max).reduce((left, stored) => expire(draft, left, stored), from)

/**
 * Takes expired documents out of `from`, those first that expired first, until what is left is
 * enough or none is due.
 *
 * @category combinators
 */
export const expireUntil = (
  draft: Draft.Draft,
  from: Collection,
  isEnough: (left: Collection) => boolean
): Collection => {
  const { time } = draft.state
  // What is walked stays as it is while others are taken out.
  Draft.protect(draft)
  const entry = dated(from, time)
  let left = from
  while (!isEnough(left) && entry?.next() === true) left = expire(draft, left, entry.value)
  return left
}

/** Expired documents of a collection, at most `max`, in the order in which they expired. @category getters */
export const due = (
  collection: Collection,
  { time }: State,
  max = Infinity
): ReadonlyArray<Stored> => {
  const found: Array<Stored> = []
  const entry = dated(collection, time)
  while (found.length < max && entry?.next() === true) found.push(entry.value)
  return found
}

/** The leader's command: takes away what has expired, in all collections. @category combinators */
export const expireDocuments = (draft: Draft.Draft): Written => {
  let count = 0
  // What is walked stays as it is while others are taken out.
  Draft.protect(draft)
  for (const [, before] of Tree.entries(draft.state.collections)) {
    const changed = expireAll(draft, before, expireMax - count)
    if (changed === before) continue
    count += before.documents.size - changed.documents.size
    Draft.keep(draft, before, changed)
  }
  return Draft.written(draft, count, count)
}

/** When the next document expires; `Infinity` if none does. @category getters */
export const dueMs = ({ collections }: State): number => {
  let earliest = Infinity
  for (const [, collection] of Tree.entries(collections)) {
    const entry = dated(collection, Infinity)
    if (entry?.next() === true) earliest = Math.min(earliest, entry.value.expiresMs)
  }
  return earliest
}

/** Walks the dates of a collection that expires, up to `time`. Dates come last among the types. */
const dated = ({ indexes }: Collection, time: number): Tree.Scan<IndexKey, Stored> | undefined => {
  const index = indexes.find(({ name }) => name === Collections.expiresIndex)
  if (index === undefined) return undefined
  const within = (key: IndexKey) => {
    const date = KeyText.valueAt(key, 0)
    return !isDate(date) ? -1 : date.getTime() > time ? 1 : 0
  }
  return Tree.scan(index.entries, { within })
}
