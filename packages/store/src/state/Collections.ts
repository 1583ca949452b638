/**
 * Documents go into a collection and out of it: into all its indexes, its size and its sum.
 *
 * Whoever changes a collection sets its `version`, and has asked for a `holder` of unique keys.
 */
import * as Limits from "../command/Limits.ts"
import type { OperationRefused } from "../command/Refusal.ts"
import { parsePath } from "../filter/Path.ts"
import * as Tree from "../tree/Tree.ts"
import * as Canonical from "../value/Canonical.ts"
import { isDate } from "../value/Compare.ts"
import * as Fingerprint from "../value/Fingerprint.ts"
import type { LogIndex } from "../value/LogIndex.ts"
import type { Document } from "../value/Value.ts"
import { place } from "./Digest.ts"
import * as IndexKeys from "./IndexKeys.ts"
import * as Indexes from "./Indexes.ts"
import { byText, type Collection, type CollectionOptions, type Index } from "./State.ts"
import type { IndexDefinition, Stored } from "./State.ts"

/** The index that a collection has on the field by which its documents expire. */
export const expiresIndex = "_expires"

/** @category models */
export interface Shape {
  readonly uid: LogIndex
  readonly name: string
  readonly options: CollectionOptions
  /** Checked definitions, no two of a name. */
  readonly indexes: ReadonlyArray<Indexes.IndexShape>
}

/** @category models */
export interface Put {
  readonly _tag: "Put"
  readonly collection: Collection
}

/** What a document that is put adds to a collection. @category models */
export interface Growth {
  readonly _tag: "Growth"
  /** The one in whose place it is put. */
  readonly before: Stored | undefined
  readonly documents: number
  readonly bytes: number
  /** One for each index. */
  readonly turnovers: ReadonlyArray<Indexes.Turnover>
}

/** A collection without documents. @category constructors */
export const make = ({ indexes, name, options, uid }: Shape): Collection => ({
  uid,
  name,
  options,
  version: uid,
  documents: Tree.empty<string, Stored>(byText),
  indexes: inOrder(withExpires(indexes, options).map(Indexes.make)),
  bytes: 0,
  sum: 0
})

/** A collection of these documents, which are in the order of their ids. @category constructors */
export const restore = (
  shape: Shape,
  version: LogIndex,
  stored: ReadonlyArray<Stored>
): Put | OperationRefused => {
  const documents = Tree.fromSorted(
    byText,
    stored.map((each) => [idOf(each), each] as const)
  )
  const indexes: Array<Index> = []
  for (const definition of withExpires(shape.indexes, shape.options)) {
    const index = Indexes.build(definition, shape.name, documents, Indexes.unbounded)
    if ("_tag" in index) return index
    indexes.push(index)
  }
  let bytes = 0
  let sum = 0
  for (const each of stored) {
    bytes += each.bytes
    sum = Fingerprint.add(sum, place(each))
  }
  for (const index of indexes) bytes += index.bytes
  return done({ ...make(shape), version, documents, indexes: inOrder(indexes), bytes, sum })
}

/**
 * What `collection` would keep of the document, which whoever puts it has normalized. What is stored
 * can be `put`, as far as its contents go.
 *
 * @category constructors
 */
export const store = (
  collection: Collection,
  document: Document,
  rev: LogIndex
): { readonly _tag: "Stored"; readonly stored: Stored } | OperationRefused => {
  const measured = Canonical.measure(document)
  if (measured._tag === "Issue") {
    const { issue, path } = measured
    return { _tag: "InvalidDocument", path, issue }
  }
  const { bytes, fingerprint } = measured
  if (bytes > Limits.documentMaxBytes)
    return { _tag: "DocumentTooLarge", bytes, maxBytes: Limits.documentMaxBytes }
  const { expires } = collection.options
  const expiresMs = expires === undefined ? Infinity : expiryOf(expires, document)
  if (expiresMs === undefined)
    return {
      _tag: "InvalidDocument",
      path: expires!,
      issue: "an array does not say when it expires"
    }
  for (const index of collection.indexes) {
    const found = IndexKeys.keysOf(index, document)
    if (found._tag !== "Keys") return found
  }
  return { _tag: "Stored", stored: { document, rev, bytes, fingerprint, expiresMs } }
}

/**
 * The other documents that hold a unique key of `document`, by index and key: one that holds several
 * comes for each.
 *
 * @category getters
 */
export const holders = (
  { indexes }: Collection,
  document: Document
): ReadonlyArray<Indexes.Holder> => {
  const found: Array<Indexes.Holder> = []
  for (const index of indexes) if (index.unique) Indexes.holders(index, document, found)
  return found
}

/**
 * By how much the collection grows if the document is put. It stays the same while others are taken
 * out.
 *
 * @category getters
 */
export const growth = (collection: Collection, stored: Stored): Growth | OperationRefused => {
  const before = Tree.get(collection.documents, idOf(stored))
  const turnovers: Array<Indexes.Turnover> = []
  let bytes = stored.bytes - (before === undefined ? 0 : before.bytes)
  for (const index of collection.indexes) {
    const turnover = Indexes.turnover(index, before?.document, stored.document)
    if (turnover._tag !== "Turnover") return turnover
    turnovers.push(turnover)
    bytes += turnover.bytes
  }
  return { _tag: "Growth", before, documents: before === undefined ? 1 : 0, bytes, turnovers }
}

/** Why there is no room to grow. @category predicates */
export const refusalToGrow = (
  collection: Collection,
  { bytes, documents }: Growth
): OperationRefused | undefined =>
  fullness(collection, collection.documents.size + documents, collection.bytes + bytes)

/** Adds the document, or puts it in the place of the one of its id. @category combinators */
export const put = (
  collection: Collection,
  stored: Stored,
  edit: Tree.Edit
): Put | OperationRefused => {
  const grown = growth(collection, stored)
  if (grown._tag !== "Growth") return grown
  const refused = refusalToGrow(collection, grown)
  if (refused !== undefined) return refused
  const { before, bytes, turnovers } = grown
  const kept = before === undefined ? collection.sum : without(collection.sum, before)
  return done({
    ...collection,
    documents: Tree.set(collection.documents, idOf(stored), stored, edit),
    indexes: collection.indexes.map((index, at) =>
      Indexes.put(index, turnovers[at]!, stored, edit)
    ),
    bytes: collection.bytes + bytes,
    sum: Fingerprint.add(kept, place(stored))
  })
}

/** The same collection if it has no such document. @category combinators */
export const take = (collection: Collection, id: string, edit: Tree.Edit): Collection => {
  const before = Tree.get(collection.documents, id)
  if (before === undefined) return collection
  const indexes = collection.indexes.map((index) => Indexes.take(index, before, edit))
  let bytes = collection.bytes - before.bytes
  for (let at = 0; at < indexes.length; at += 1)
    bytes += indexes[at]!.bytes - collection.indexes[at]!.bytes
  return {
    ...collection,
    documents: Tree.remove(collection.documents, id, edit),
    indexes,
    bytes,
    sum: without(collection.sum, before)
  }
}

/** Why the collection takes no such index, apart from its documents. @category predicates */
export const indexRefusal = (
  collection: Collection,
  definition: IndexDefinition
): OperationRefused | undefined => {
  const own = ownIndexes(collection)
  const refused = IndexKeys.refusalOf(definition)
  if (refused !== undefined) return refused
  if (own.some((index) => index.name === definition.name))
    return { _tag: "IndexExists", collection: collection.name, index: definition.name }
  if (own.length >= Limits.indexesMax) return limit("indexes of a collection", Limits.indexesMax)
  return IndexKeys.copyRefusal(own, definition, "index")
}

/** Why no index is built of so many documents. @category predicates */
export const buildRefusal = (documents: number): OperationRefused | undefined =>
  documents > Limits.indexBuildMax
    ? limit("documents in a collection that is given an index", Limits.indexBuildMax)
    : undefined

/** Gives the collection an index of all that is in it. @category combinators */
export const withIndex = (
  collection: Collection,
  definition: IndexDefinition
): Put | OperationRefused => {
  const { documents, indexes, name } = collection
  const refused = indexRefusal(collection, definition) ?? buildRefusal(documents.size)
  if (refused !== undefined) return refused
  const index = Indexes.build(definition, name, documents, buildMax)
  if ("_tag" in index) return index
  const bytes = collection.bytes + index.bytes
  const full = fullness(collection, documents.size, bytes)
  return full ?? done({ ...collection, indexes: inOrder([...indexes, index]), bytes })
}

/** The same collection if it has no such index. @category combinators */
export const withoutIndex = (collection: Collection, name: string): Collection => {
  const gone = collection.indexes.find((index) => index.name === name)
  if (gone === undefined) return collection
  const indexes = collection.indexes.filter((index) => index !== gone)
  return { ...collection, indexes, bytes: collection.bytes - gone.bytes }
}

/** The indexes that users gave it. @category getters */
export const ownIndexes = ({ indexes }: Collection): ReadonlyArray<Index> =>
  indexes.filter(({ name }) => name !== expiresIndex)

const idOf = ({ document: { _id } }: Stored) => _id

const done = (collection: Collection): Put => ({ _tag: "Put", collection })

const limit = (what: string, max: number): OperationRefused => ({ _tag: "LimitReached", what, max })

const buildMax: Indexes.BuildMax = {
  entries: Limits.indexBuildEntriesMax,
  bytes: Limits.indexBuildMaxBytes
}

const without = (sum: number, stored: Stored) => Fingerprint.subtract(sum, place(stored))

const inOrder = (indexes: ReadonlyArray<Index>) =>
  indexes.toSorted((a, b) => byText(a.name, b.name))

const withExpires = (indexes: Shape["indexes"], { expires }: CollectionOptions): Shape["indexes"] =>
  expires === undefined || indexes.some(({ name }) => name === expiresIndex)
    ? indexes
    : [...indexes, { name: expiresIndex, keys: [expires], unique: false }]

const fullness = (
  { name, options }: Collection,
  documents: number,
  bytes: number
): OperationRefused | undefined => {
  const { bytesMax = Infinity, documentsMax = Infinity } = options
  if (documents > documentsMax)
    return { _tag: "CollectionFull", collection: name, what: "documents", max: documentsMax }
  if (bytes > bytesMax)
    return { _tag: "CollectionFull", collection: name, what: "bytes", max: bytesMax }
  return undefined
}

/** `Infinity` if there is no date; undefined if there is an array, which may hold several. */
const expiryOf = (expires: string, document: Document): number | undefined => {
  const path = parsePath(expires)
  if (path._tag === "Issue") return Infinity
  const value = IndexKeys.reach(document, path)
  if (value === IndexKeys.several) return undefined
  return isDate(value) ? value.getTime() : Infinity
}
