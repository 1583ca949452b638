/**
 * Commands on documents. What has expired counts as absent; where a command meets it, by its id or
 * as the holder of a unique key, it goes first.
 */
import { documentOf } from "../command/Checked.ts"
import type {
  AddDocument,
  DeleteDocument,
  DeleteDocuments,
  UpdateDocument
} from "../command/Command.ts"
import { matchesMax } from "../command/Limits.ts"
import type { OperationRefused } from "../command/Refusal.ts"
import * as Filter from "../filter/Filter.ts"
import { find } from "../query/find.ts"
import * as Collections from "../state/Collections.ts"
import type { Collection, Stored } from "../state/State.ts"
import * as Tree from "../tree/Tree.ts"
import { update as updated } from "../update/Update.ts"
import { equals } from "../value/Compare.ts"
import { start, type LogIndex } from "../value/LogIndex.ts"
import { normalize } from "../value/Normal.ts"
import type { Document } from "../value/Value.ts"
import * as Draft from "./Draft.ts"
import { expire, expireUntil, isExpired } from "./expiry.ts"

/** @category combinators */
export const add = (draft: Draft.Draft, op: typeof AddDocument.Type): Draft.Outcome => {
  const collection = Draft.collection(draft, op.collection)
  if (collection === undefined) return Draft.noCollection(op.collection)
  const document = documentOf(op) as Document
  const { _id: id } = document
  if (presentOf(draft, collection, id) !== undefined) return duplicate(collection, "_id", id)
  const made = keptForm(draft, collection, document)
  if (made._tag !== "Stored") return made
  return put(draft, collection, made.stored, undefined) ?? Draft.written(draft, 0, 1, id)
}

/** @category combinators */
export const update = (draft: Draft.Draft, op: typeof UpdateDocument.Type): Draft.Outcome => {
  const { collection: name, id, ifRev, upsert } = op
  const collection = Draft.collection(draft, name)
  if (collection === undefined) return Draft.noCollection(name)
  const present = presentOf(draft, collection, id)
  if (present === undefined && upsert !== true)
    return { _tag: "DocumentNotFound", collection: name, id }
  const refused = mismatch(name, id, ifRev, present?.rev ?? start)
  if (refused !== undefined) return refused
  const made = changed(draft, collection, present?.document ?? { _id: id }, op)
  if (made._tag !== "Stored") return made
  const matched = present === undefined ? 0 : 1
  // What would stay as it is keeps its revision, and nobody who watches it is told.
  if (present !== undefined && isSame(present, made.stored))
    return Draft.written(draft, matched, 0, id)
  return put(draft, collection, made.stored, present) ?? Draft.written(draft, matched, 1, id)
}

/** @category combinators */
export const remove = (draft: Draft.Draft, op: typeof DeleteDocument.Type): Draft.Outcome => {
  const { collection: name, id, ifRev } = op
  const collection = Draft.collection(draft, name)
  if (collection === undefined) return Draft.noCollection(name)
  const present = presentOf(draft, collection, id)
  if (present === undefined) return { _tag: "DocumentNotFound", collection: name, id }
  const refused = mismatch(name, id, ifRev, present.rev)
  if (refused !== undefined) return refused
  Draft.keep(draft, collection, take(draft, collection, present))
  return Draft.written(draft, 1, 1, id)
}

/** @category combinators */
export const removeMatches = (
  draft: Draft.Draft,
  op: typeof DeleteDocuments.Type
): Draft.Outcome => {
  const collection = Draft.collection(draft, op.collection)
  if (collection === undefined) return Draft.noCollection(op.collection)
  const filter = Filter.parse(op.filter)
  if (filter._tag !== "Filter") return filter
  const { limit = Infinity } = op
  const matches: Array<Stored> = []
  const found = find(collection, filter.node, draft.state.time)
  while (matches.length < limit && found.next()) {
    if (matches.length === matchesMax) return { _tag: "TooManyMatches", max: matchesMax }
    matches.push(found.value)
  }
  const count = matches.length
  if (count > 0)
    Draft.keep(
      draft,
      collection,
      matches.reduce((left, stored) => take(draft, left, stored), collection)
    )
  return Draft.written(draft, count, count)
}

/** The document, unless it has expired. */
const presentOf = ({ state }: Draft.Draft, { documents }: Collection, id: string) => {
  const stored = Tree.get(documents, id)
  return stored === undefined || isExpired(stored, state) ? undefined : stored
}

const mismatch = (
  collection: string,
  id: string,
  expected: LogIndex | undefined,
  actual: LogIndex
): OperationRefused | undefined =>
  expected === undefined || expected === actual
    ? undefined
    : { _tag: "RevisionMismatch", collection, id, expected, actual }

const duplicate = ({ name }: Collection, index: string, id: string): OperationRefused => ({
  _tag: "DuplicateKey",
  collection: name,
  index,
  id
})

const take = (draft: Draft.Draft, from: Collection, stored: Stored): Collection => {
  const { _id: id } = stored.document
  Draft.note(draft, from, { kind: "deleted", before: stored })
  return Collections.take(from, id, draft.edit)
}

/** What `op` makes of `before`. */
const changed = (
  draft: Draft.Draft,
  collection: Collection,
  before: Document,
  op: typeof UpdateDocument.Type
) => {
  const { _id } = before
  if (op.replace !== undefined) return keptForm(draft, collection, { ...op.replace, _id })
  const after = updated(before, op)
  return after._tag === "Updated"
    ? Collections.store(collection, after.document, draft.state.index)
    : after
}

/** A document as it came in a command, which is only copied when nothing is wrong with it. */
const keptForm = (draft: Draft.Draft, collection: Collection, document: Document) => {
  const made = Collections.store(collection, document, draft.state.index)
  if (made._tag !== "Stored") return made
  return { ...made, stored: { ...made.stored, document: normalize(document) as Document } }
}

const isSame = (a: Stored, b: Stored) =>
  a.fingerprint === b.fingerprint && equals(a.document, b.document)

/** Puts `stored` in the place of `before`; undefined if that is done. */
const put = (
  draft: Draft.Draft,
  collection: Collection,
  stored: Stored,
  before: Stored | undefined
): OperationRefused | undefined => {
  const free = freed(draft, collection, stored.document)
  if (free._tag !== "Put") return free
  let done = Collections.put(free.collection, stored, draft.edit)
  if (done._tag === "CollectionFull")
    done = Collections.put(withRoom(draft, free.collection, stored), stored, draft.edit)
  if (done._tag !== "Put") return done
  if (before === undefined) Draft.note(draft, collection, { kind: "added", after: stored })
  else Draft.note(draft, collection, { kind: "updated", before, after: stored })
  Draft.keep(draft, collection, done.collection)
  return undefined
}

/** The collection without so many expired documents that there is room for `stored`. */
const withRoom = (draft: Draft.Draft, full: Collection, stored: Stored): Collection => {
  const growth = Collections.growth(full, stored)
  if (growth._tag !== "Growth") return full
  return expireUntil(draft, full, (left) => Collections.refusalToGrow(left, growth) === undefined)
}

/** The collection without expired documents that stand in the way of `document`. */
const freed = (
  draft: Draft.Draft,
  collection: Collection,
  document: Document
): Collections.Put | OperationRefused => {
  const { _id: id } = document
  const holders = Collections.holders(collection, document)
  const present = holders.find(({ stored }) => !isExpired(stored, draft.state))
  if (present !== undefined) {
    const { _id: other } = present.stored.document
    return duplicate(collection, present.index, other)
  }
  const same = Tree.get(collection.documents, id)
  const before = same !== undefined && isExpired(same, draft.state) ? [same] : []
  if (before.length + holders.length === 0) return { _tag: "Put", collection }
  Draft.protect(draft)
  let free = collection
  // One that holds several keys goes once.
  for (const stored of new Set([...before, ...holders.map(({ stored }) => stored)]))
    free = expire(draft, free, stored)
  return { _tag: "Put", collection: free }
}
