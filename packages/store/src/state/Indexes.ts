/**
 * Keeps an index in step with its collection.
 *
 * An entry holds the document itself, so that a read through an index looks nothing up. A change of
 * a document therefore reaches all its entries, also those whose keys stay as they were.
 */
import type { OperationRefused } from "../command/Refusal.ts"
import { invariant } from "../invariant.ts"
import * as Tree from "../tree/Tree.ts"
import type { Document } from "../value/Value.ts"
import { keysOf } from "./IndexKeys.ts"
import * as KeyText from "./KeyText.ts"
import { byText, type Index, type IndexDefinition, type IndexKey, type Stored } from "./State.ts"

/** A definition, and what is known of its documents beforehand. @category models */
export interface IndexShape extends IndexDefinition {
  /** Default: false. */
  readonly multi?: boolean
}

/** What a new document in the place of an old one means for an index. @category models */
export interface Turnover {
  readonly _tag: "Turnover"
  /** Keys that the old document had and the new one has not. */
  readonly gone: ReadonlyArray<IndexKey>
  /** All keys of the new document. */
  readonly keys: ReadonlyArray<IndexKey>
  readonly multi: boolean
  /** By how much the index grows. */
  readonly bytes: number
}

/** A document that has a key which no other may have. @category models */
export interface Holder {
  readonly index: string
  readonly stored: Stored
}

/** @category constructors */
export const make = ({ keys, multi = false, name, unique }: IndexShape): Index => ({
  name,
  keys,
  unique,
  multi,
  entries: Tree.empty<IndexKey, Stored>(byText),
  bytes: 0
})

/** How large an index may be when it is built. @category models */
export interface BuildMax {
  readonly entries: number
  readonly bytes: number
}

/** For an index that was there before: adds may have made it larger than any that is built. */
export const unbounded: BuildMax = { entries: Infinity, bytes: Infinity }

/** An index of documents that are there already. @category constructors */
export const build = (
  shape: IndexShape,
  collection: string,
  documents: Tree.Tree<string, Stored>,
  max: BuildMax
): Index | OperationRefused => {
  const index = make(shape)
  const entries: Array<readonly [IndexKey, Stored]> = []
  let { multi } = index
  let bytes = 0
  const each = Tree.scan(documents)
  while (each.next()) {
    const found = keysOf(index, each.value.document)
    if (found._tag !== "Keys") return found
    multi ||= found.multi
    for (const key of found.keys) {
      bytes += KeyText.size(key)
      entries.push([key, each.value])
    }
    // After each document, which is bounded by itself: the end may be more than fits into memory.
    if (entries.length > max.entries) return beyond("entries", max.entries)
    if (bytes > max.bytes) return beyond("bytes of keys", max.bytes)
  }
  entries.sort(([a], [b]) => byText(a, b))
  const id = index.unique ? firstHolder(index, entries) : undefined
  if (id !== undefined) return { _tag: "DuplicateKey", collection, index: index.name, id }
  return changed(index, Tree.fromSorted(byText, entries), multi, bytes)
}

/** What will have to be done. It changes nothing, so that a refusal leaves nothing half done. */
export const turnover = (
  index: Index,
  before: Document | undefined,
  after: Document
): Turnover | OperationRefused => {
  const found = keysOf(index, after)
  if (found._tag !== "Keys") return found
  const { keys } = found
  const old = before === undefined ? none : keysOfStored(index, before)
  const gone: Array<IndexKey> = []
  let bytes = 0
  let at = 0
  // Both are in order: one walk finds what only one of them has.
  for (const key of old) {
    while (at < keys.length && keys[at]! < key) bytes += KeyText.size(keys[at++]!)
    if (at < keys.length && keys[at] === key) {
      at += 1
      continue
    }
    gone.push(key)
    bytes -= KeyText.size(key)
  }
  while (at < keys.length) bytes += KeyText.size(keys[at++]!)
  return { _tag: "Turnover", gone, keys, multi: index.multi || found.multi, bytes }
}

/** @category combinators */
export const put = (index: Index, change: Turnover, stored: Stored, edit: Tree.Edit): Index => {
  let { entries } = index
  for (const key of change.gone) entries = Tree.remove(entries, key, edit)
  for (const key of change.keys) entries = Tree.set(entries, key, stored, edit)
  return changed(index, entries, change.multi, index.bytes + change.bytes)
}

/** @category combinators */
export const take = (index: Index, { document }: Stored, edit: Tree.Edit): Index => {
  let { bytes, entries } = index
  for (const key of keysOfStored(index, document)) {
    entries = Tree.remove(entries, key, edit)
    bytes -= KeyText.size(key)
  }
  return changed(index, entries, index.multi, bytes)
}

/** Adds to `found` the other documents that have a key of `document`, which no two may have. */
export const holders = (index: Index, document: Document, found: Array<Holder>): void => {
  const { _id: own } = document
  const all = keysOf(index, document)
  if (all._tag !== "Keys") return
  for (const key of all.keys) {
    if (!isEnforced(index, key)) continue
    const entry = Tree.scan(index.entries, { within: beginsWith(valuesOf(key, document)) })
    while (entry.next())
      if (idOf(entry.value.document) !== own) found.push({ index: index.name, stored: entry.value })
  }
}

/** The range of the keys that begin with these texts of values. @category getters */
export const beginsWith =
  (values: string): Tree.Within<IndexKey> =>
  (key) =>
    key.startsWith(values) ? 0 : key < values ? -1 : 1

const beyond = (what: string, max: number): OperationRefused => ({
  _tag: "LimitReached",
  what: `${what} of an index that is built`,
  max
})

const none: ReadonlyArray<IndexKey> = []

const idOf = ({ _id }: Document) => _id

/** The part of a key that another document may have. */
const valuesOf = (key: IndexKey, { _id }: Document) => key.slice(0, key.length - _id.length)

/** A key of nothing but nulls may be everyone's: fields that are missing do not collide. */
const isEnforced = ({ keys }: IndexDefinition, key: IndexKey) =>
  !key.startsWith(KeyText.nothing.repeat(keys.length))

const keysOfStored = (index: Index, document: Document): ReadonlyArray<IndexKey> => {
  const found = keysOf(index, document)
  invariant(found._tag === "Keys", "ST12: a stored document has keys in every index")
  return found.keys
}

const firstHolder = (
  index: Index,
  entries: ReadonlyArray<readonly [IndexKey, Stored]>
): string | undefined => {
  for (let at = 1; at < entries.length; at += 1) {
    const [key, { document }] = entries[at - 1]!
    const [next, { document: other }] = entries[at]!
    // Of one document no two keys are equal.
    if (isEnforced(index, key) && valuesOf(key, document) === valuesOf(next, other))
      return idOf(document)
  }
  return undefined
}

const changed = (
  index: Index,
  entries: Index["entries"],
  multi: boolean,
  bytes: number
): Index => ({
  name: index.name,
  keys: index.keys,
  unique: index.unique,
  multi,
  entries,
  bytes
})
