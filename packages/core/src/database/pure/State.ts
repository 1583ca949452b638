/**
 * The database as one value: collections of documents, and the outcomes of the last commands.
 *
 * Nothing in it changes. A command makes a new state that shares nearly everything with the old
 * one, so whoever holds a state can go on reading it.
 */
import { next, start, type LogIndex, type LogTime } from "../../log/pure/LogIndex.ts"
import type { Document } from "./Command.ts"
import * as Fingerprint from "./Fingerprint.ts"
import * as OrderedMap from "./OrderedMap.ts"
import type { Outcome } from "./Outcome.ts"

/** A document, with the size and the fingerprint of its canonical text. @category models */
export interface Stored {
  readonly document: Document
  readonly bytes: number
  readonly fingerprint: number
}

/** @category models */
export interface Collection {
  /** The place in the log where it was created: dropped and created again, it is another one. */
  readonly uid: LogIndex
  /** The place in the log of its last change. */
  readonly version: LogIndex
  /** Invariant: the sum of its documents' sizes (DB9). */
  readonly bytes: number
  /** Invariant: the sum of its documents' fingerprints, each taken together with `uid` (DB8). */
  readonly sum: number
  readonly documents: OrderedMap.OrderedMap<string, Stored>
}

/** What a command came to, kept under the command's id. @category models */
export interface Remembered {
  readonly index: LogIndex
  readonly fingerprint: number
  readonly outcome: Outcome
}

/** @category models */
export interface State {
  /** The last applied entry: the version of the database. */
  readonly index: LogIndex
  readonly time: LogTime
  readonly collections: OrderedMap.OrderedMap<string, Collection>
  readonly documents: number
  readonly bytes: number
  readonly remembered: OrderedMap.OrderedMap<string, Remembered>
  /** The ids in `remembered`, in the order of the log. */
  readonly order: OrderedMap.OrderedMap<number, string>
  readonly rememberedSum: number
}

/** How many outcomes are kept; the oldest in the log go first. @category configuration */
export const rememberedMax = 100_000

/** @category constructors */
export const empty: State = {
  index: start,
  time: 0 as LogTime,
  collections: undefined,
  documents: 0,
  bytes: 0,
  remembered: undefined,
  order: undefined,
  rememberedSum: 0
}

/** @category constructors */
export const emptyCollection = (at: LogIndex): Collection => ({
  uid: at,
  version: at,
  bytes: 0,
  sum: 0,
  documents: undefined
})

/** The state after the next entry, which has not changed anything yet. @category combinators */
export const advance = (state: State, time: LogTime): State => ({
  ...state,
  index: next(state.index),
  time
})

/** Puts `stored` under `_id`, or takes the document away. @category combinators */
export const withDocument = (
  collection: Collection,
  _id: string,
  stored: Stored | undefined,
  version: LogIndex
): Collection => {
  const before = OrderedMap.get(collection.documents, _id)
  let { bytes, documents, sum } = collection
  if (before !== undefined) {
    bytes -= before.bytes
    sum = Fingerprint.subtract(sum, place(collection, before))
  }
  if (stored === undefined) documents = OrderedMap.remove(documents, _id)
  else {
    bytes += stored.bytes
    sum = Fingerprint.add(sum, place(collection, stored))
    documents = OrderedMap.set(documents, _id, stored)
  }
  return { uid: collection.uid, version, bytes, sum, documents }
}

/** Puts `collection` under `name`, or takes it away. @category combinators */
export const withCollection = (
  state: State,
  name: string,
  collection: Collection | undefined
): State => {
  const before = OrderedMap.get(state.collections, name)
  return {
    ...state,
    collections:
      collection === undefined
        ? OrderedMap.remove(state.collections, name)
        : OrderedMap.set(state.collections, name, collection),
    documents: state.documents + count(collection) - count(before),
    bytes: state.bytes + (collection?.bytes ?? 0) - (before?.bytes ?? 0)
  }
}

/** Keeps an outcome, and lets go of the oldest ones that no longer fit. @category combinators */
export const remember = (state: State, id: string, kept: Remembered): State => {
  let remembered = OrderedMap.set(state.remembered, id, kept) as State["remembered"]
  let order = OrderedMap.set(state.order, kept.index, id) as State["order"]
  let rememberedSum = Fingerprint.add(state.rememberedSum, print(id, kept))
  while (OrderedMap.size(remembered) > rememberedMax) {
    const oldest = OrderedMap.entries(order).next().value!
    const gone = OrderedMap.get(remembered, oldest[1])!
    rememberedSum = Fingerprint.subtract(rememberedSum, print(oldest[1], gone))
    remembered = OrderedMap.remove(remembered, oldest[1])
    order = OrderedMap.remove(order, oldest[0])
  }
  return { ...state, remembered, order, rememberedSum }
}

/** Equal for equal states, whichever way they came about. Cheap. @category getters */
export const digest = (state: State): string => {
  const collections = Array.from(
    OrderedMap.entries(state.collections),
    ([name, { bytes, sum, uid, version }]) => [name, uid, version, bytes, sum]
  )
  const { bytes, documents, index, rememberedSum, time } = state
  return Fingerprint.toHex(
    Fingerprint.of(JSON.stringify([index, time, documents, bytes, rememberedSum, collections]))
  )
}

const count = (collection: Collection | undefined) => OrderedMap.size(collection?.documents)

/** The same document counts differently in another collection. */
const place = ({ uid }: Collection, { fingerprint }: Stored) =>
  Fingerprint.of(`${uid} ${fingerprint}`)

const print = (id: string, { fingerprint, index, outcome }: Remembered) =>
  Fingerprint.of(`${index} ${fingerprint} ${id} ${outcomeText(outcome)}`)

/** Read back from a snapshot, an outcome may have its fields in another order. */
const outcomeText = (outcome: Outcome) =>
  JSON.stringify(Object.entries(outcome).toSorted(([a], [b]) => (a < b ? -1 : 1)))
