/**
 * The database as one value: collections of documents, and the results of the last commands.
 *
 * Nothing in it changes once it is published. A command makes a new state that shares nearly
 * everything with the old one, so a reader, a cursor, a watcher and a snapshot are each just
 * somebody who keeps a state.
 */
import type { Result } from "../command/Result.ts"
import * as Tree from "../tree/Tree.ts"
import type { Document } from "../value/Value.ts"
import { start, type LogIndex, type LogTime } from "../value/LogIndex.ts"

/** A document as it is kept. @category models */
export interface Stored {
  readonly document: Document
  /** The entry of its last change; `_rev` for those who compare and set. */
  readonly rev: LogIndex
  /** Size of its canonical text in UTF-8. */
  readonly bytes: number
  /** Fingerprint of its canonical text. */
  readonly fingerprint: number
  /** When it expires, if its collection has such a field and it holds a date. Else `Infinity`. */
  readonly expiresMs: number
}

/**
 * Where a document stands in an index: the texts of its values under the index's paths, then its id
 * (see `KeyText`).
 *
 * @category models
 */
export type IndexKey = string

/** What an index is, apart from its contents. @category models */
export interface IndexDefinition {
  readonly name: string
  /** One to four dotted paths, in order. */
  readonly keys: ReadonlyArray<string>
  readonly unique: boolean
}

/** @category models */
export interface Index extends IndexDefinition {
  /** Some document had an array under a key. It never becomes false again. */
  readonly multi: boolean
  readonly entries: Tree.Tree<IndexKey, Stored>
  /** Invariant: the sizes of its entries' keys, added up (ST20). */
  readonly bytes: number
}

/** What a collection was created with. @category models */
export interface CollectionOptions {
  /** The field whose date ends a document's life. */
  readonly expires?: string
  readonly documentsMax?: number
  readonly bytesMax?: number
}

/** @category models */
export interface Collection {
  /** The place in the log where it was created: dropped and created again, it is another one. */
  readonly uid: LogIndex
  readonly name: string
  readonly options: CollectionOptions
  /** The place in the log of its last change. */
  readonly version: LogIndex
  readonly documents: Tree.Tree<string, Stored>
  /** In the order of their names. A collection that expires has one named `_expires`. */
  readonly indexes: ReadonlyArray<Index>
  /** Invariant: the sum of its documents' and index entries' sizes (ST20). */
  readonly bytes: number
  /** Invariant: the sum of its documents' fingerprints, each taken with its `rev`. */
  readonly sum: number
}

/** A command that was applied, and what it came to. @category models */
export interface Remembered {
  readonly index: LogIndex
  readonly time: LogTime
  /** Fingerprint of the operation; 0 for a command of a session, which is known by its number. */
  readonly fingerprint: number
  readonly result: Result
}

/** @category models */
export interface Session {
  readonly owner: string
  /** Results of all below were acknowledged and are forgotten. */
  readonly lowest: number
  readonly results: Tree.Tree<number, Remembered>
  /** Log time of its last command. */
  readonly seen: LogTime
}

/** @category models */
export interface State {
  /** The last applied entry: the version of the database. */
  readonly index: LogIndex
  readonly time: LogTime
  /** The highest language version that commands may carry. */
  readonly language: number
  readonly collections: Tree.Tree<string, Collection>
  /** Documents in all collections. */
  readonly documents: number
  /** Sizes of all collections. */
  readonly bytes: number
  readonly sessions: Tree.Tree<string, Session>
  /** Invariant: the sizes of all results of sessions, added up (see `resultBytes`). */
  readonly resultBytes: number
  /** Results of one-shot commands, by owner and key (see `rememberedSum.keyName`). */
  readonly keys: Tree.Tree<string, Remembered>
  /** The names in `keys` by the index of their entry: the order in which they expire. */
  readonly keyOrder: Tree.Tree<number, string>
  /** Invariant: fingerprints of all sessions and keys, added up. */
  readonly rememberedSum: number
}

/** Strings by UTF-16 code unit, numbers by size. */
export const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
const byNumber = (a: number, b: number): number => a - b

/** @category constructors */
export const emptyResults = Tree.empty<number, Remembered>(byNumber)

/** @category constructors */
export const empty: State = {
  index: start,
  time: 0 as LogTime,
  language: 1,
  collections: Tree.empty<string, Collection>(byText),
  documents: 0,
  bytes: 0,
  sessions: Tree.empty<string, Session>(byText),
  resultBytes: 0,
  keys: Tree.empty<string, Remembered>(byText),
  keyOrder: Tree.empty<number, string>(byNumber),
  rememberedSum: 0
}
