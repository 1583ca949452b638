/**
 * Applies commands to the database: a pure function, so that every node that applies the same
 * entries holds the same documents.
 *
 * It never throws for what a command says. What cannot be done is an outcome, and it is the same
 * on every node.
 */
import type { LogIndex, LogTime } from "../../log/pure/LogIndex.ts"
import { invariant } from "../../invariant.ts"
import * as CanonicalJson from "./CanonicalJson.ts"
import { check, type Prepared } from "./Checked.ts"
import type { Command, Document, Filter, Operation } from "./Command.ts"
import * as OrderedMap from "./OrderedMap.ts"
import type { Outcome } from "./Outcome.ts"
import {
  advance,
  emptyCollection,
  remember,
  withCollection,
  withDocument,
  type Collection,
  type State,
  type Stored
} from "./State.ts"

/** @category configuration */
export const collectionsMax = 1000

/** How many documents one command may delete. @category configuration */
export const matchesMax = 10_000

/** @category models */
export interface Entry {
  readonly index: LogIndex
  readonly time: LogTime
  /** None: the entry belongs to the log itself, and only moves the version. */
  readonly command: Command | undefined
}

/** @category models */
export interface Applied {
  /** A new root; the old one stays as it was. */
  readonly state: State
  readonly outcome: Outcome | undefined
}

/**
 * The state after `entry`, which comes right after the last applied one.
 *
 * @category combinators
 */
export const apply = (before: State, entry: Entry): Applied => {
  invariant(entry.index === before.index + 1, "DB1: entries are applied in order, without gaps")
  const state = advance(before, entry.time)
  if (entry.command === undefined) return { state, outcome: undefined }
  const { id, op } = entry.command
  const checked = check(entry.command)
  if (checked._tag !== "Checked") return { state, outcome: checked }
  const known = recall(state, id, checked.fingerprint)
  if (known !== undefined) return { state, outcome: known }
  const applied = run(state, op, checked.document)
  return {
    outcome: applied.outcome,
    state: remember(applied.state, id, {
      index: entry.index,
      fingerprint: checked.fingerprint,
      outcome: applied.outcome
    })
  }
}

/**
 * What the command under `id` came to, if it is known. `fingerprint` tells whether it is the same
 * command that asks.
 *
 * @category getters
 */
export const recall = (state: State, id: string, fingerprint: number): Outcome | undefined => {
  const known = OrderedMap.get(state.remembered, id)
  if (known === undefined) return undefined
  return known.fingerprint === fingerprint ? known.outcome : { _tag: "IdempotencyKeyReused", id }
}

/** The documents of `collection` that match, in the order of their ids. @category getters */
export function* scan(
  { documents }: Collection,
  filter: Filter,
  after?: string
): Generator<Stored | undefined, void> {
  const { _id } = filter
  if (_id !== undefined) {
    const one = typeof _id === "string" ? OrderedMap.get(documents, _id) : undefined
    const comes = typeof _id === "string" && (after === undefined || _id > after)
    if (one !== undefined && comes && matches(filter, one.document)) yield one
    return
  }
  // What does not match is yielded as nothing, so that a reader can count its steps.
  for (const [, stored] of OrderedMap.entries(documents, after))
    yield matches(filter, stored.document) ? stored : undefined
}

const matches = (filter: Filter, document: Document) =>
  Object.entries(filter).every(
    ([key, value]) => Object.hasOwn(document, key) && CanonicalJson.equals(document[key], value)
  )

interface Ran {
  readonly state: State
  readonly outcome: Outcome
}

const run = (state: State, op: Operation, document: Prepared | undefined): Ran => {
  const name = op.collection
  const collection = OrderedMap.get(state.collections, name)
  if (op._tag === "CreateCollection") return create(state, name, collection)
  if (collection === undefined)
    return { state, outcome: { _tag: "CollectionNotFound", collection: name } }
  switch (op._tag) {
    case "DeleteCollection":
      return written(withCollection(state, name, undefined), OrderedMap.size(collection.documents))
    case "DeleteDocuments":
      return deleteMatches(state, name, collection, op.filter)
    case "AddDocument":
    case "UpdateDocument": {
      invariant(document !== undefined, "DB2: a checked write has its document")
      const { _id, stored } = document
      const exists = OrderedMap.get(collection.documents, _id) !== undefined
      if (exists && op._tag === "AddDocument")
        return { state, outcome: { _tag: "DuplicateKey", collection: name, _id } }
      const changed = withDocument(collection, _id, stored, state.index)
      return written(withCollection(state, name, changed), 1, _id)
    }
  }
}

const create = (state: State, name: string, existing: Collection | undefined): Ran => {
  if (existing !== undefined)
    return { state, outcome: { _tag: "CollectionExists", collection: name } }
  if (OrderedMap.size(state.collections) >= collectionsMax)
    return { state, outcome: { _tag: "TooManyCollections", max: collectionsMax } }
  return written(withCollection(state, name, emptyCollection(state.index)), 0)
}

const deleteMatches = (state: State, name: string, collection: Collection, filter: Filter): Ran => {
  const found: Array<Stored> = []
  for (const stored of scan(collection, filter)) {
    if (stored === undefined) continue
    if (found.length === matchesMax)
      return { state, outcome: { _tag: "TooManyMatches", max: matchesMax } }
    found.push(stored)
  }
  const changed = found.reduce(
    (left, { document }) => withDocument(left, document["_id"] as string, undefined, state.index),
    collection
  )
  return written(withCollection(state, name, changed), found.length)
}

const written = (state: State, modified: number, _id?: string): Ran => ({
  state,
  outcome: {
    _tag: "Written",
    version: state.index,
    modified,
    ...(_id === undefined ? {} : { _id })
  }
})
