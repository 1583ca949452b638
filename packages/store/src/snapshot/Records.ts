/**
 * What a snapshot says, record by record.
 *
 * First the header; then each collection with its documents after it; each session with its results
 * after it; the results of one-shot commands; and at last the footer. Documents go by id, all else
 * by name or number, so equal states have equal records.
 *
 * An index is only its definition here: its entries follow from the documents. A document's record
 * is `["d", rev, document]`; there are so many that they are read without a schema.
 */
import * as Schema from "effect/Schema"
import { Refusal } from "../command/Refusal.ts"
import { Written } from "../command/Result.ts"
import { ownIndexes } from "../state/Collections.ts"
import { digest } from "../state/Digest.ts"
import type { Collection, Remembered, State } from "../state/State.ts"
import * as Tree from "../tree/Tree.ts"
import { isDate, sortedNames } from "../value/Compare.ts"
import { LogIndex, LogTime } from "../value/LogIndex.ts"
import type { Fields, Value } from "../value/Value.ts"

/** Of the layout of a snapshot. */
export const format = 1

/** Where a snapshot is from. @category models */
export interface Header {
  readonly cluster: string
  /** Of the entry that was applied last. */
  readonly term: number
  readonly members: ReadonlyArray<string>
}

/** @category schemas */
export const HeaderRecord = Schema.Tuple([
  Schema.Literal("distri snapshot"),
  Schema.Natural,
  Schema.Struct({
    cluster: Schema.String,
    term: Schema.Natural,
    members: Schema.Array(Schema.String),
    index: LogIndex,
    time: LogTime,
    language: Schema.Natural
  })
])

/** `uid`, `version`, name, options, and the indexes that users gave it. @category schemas */
export const CollectionRecord = Schema.Tuple([
  Schema.Literal("c"),
  LogIndex,
  LogIndex,
  Schema.String,
  Schema.Struct({
    expires: Schema.optionalKey(Schema.String),
    documentsMax: Schema.optionalKey(Schema.Natural),
    bytesMax: Schema.optionalKey(Schema.Natural)
  }),
  Schema.Array(
    Schema.Struct({
      name: Schema.String,
      keys: Schema.Array(Schema.String),
      unique: Schema.Boolean,
      multi: Schema.Boolean
    })
  )
])

const Result = Schema.Union([Written, Schema.toEncoded(Refusal)])

/** Id, owner, `lowest`, `seen`. @category schemas */
export const SessionRecord = Schema.Tuple([
  Schema.Literal("s"),
  Schema.String,
  Schema.String,
  Schema.Natural,
  LogTime
])

/** Of the session before it: number, and what is remembered. @category schemas */
export const ResultRecord = Schema.Tuple([
  Schema.Literal("r"),
  Schema.Natural,
  LogIndex,
  LogTime,
  Result
])

/** Name, and what is remembered, with the fingerprint of the operation. @category schemas */
export const KeyRecord = Schema.Tuple([
  Schema.Literal("k"),
  Schema.String,
  LogIndex,
  LogTime,
  Schema.Natural,
  Result
])

/** Counts, the digest of the state, and the SHA-256 of the content of all chunks before. @category schemas */
export const FooterRecord = Schema.Tuple([
  Schema.Literal("end"),
  Schema.Struct({
    collections: Schema.Natural,
    documents: Schema.Natural,
    sessions: Schema.Natural,
    keys: Schema.Natural,
    digest: Schema.String,
    sha256: Schema.Uint8Array
  })
])

/** @category constructors */
export const header = (
  { cluster, members, term }: Header,
  { index, language, time }: State
): ReadonlyArray<Value> => [
  "distri snapshot",
  format,
  { cluster, term, members, index, time, language }
]

/** @category constructors */
export const footer = (state: State, sha256: Uint8Array): ReadonlyArray<Value> => [
  "end",
  { ...counts(state), digest: digest(state), sha256 }
]

/** @category getters */
export const counts = ({ collections, documents, keys, sessions }: State) => ({
  collections: collections.size,
  documents,
  sessions: sessions.size,
  keys: keys.size
})

/** A record, and about how many bytes it takes. @category models */
export interface Sized {
  readonly record: ReadonlyArray<Value>
  readonly bytes: number
}

/** What stands between header and footer. It is made while it is asked for. @category constructors */
export function* contents(state: State): Generator<Sized, void> {
  for (const [, collection] of Tree.entries(state.collections)) {
    yield sized(collectionRecord(collection))
    const each = Tree.scan(collection.documents)
    while (each.next()) {
      const { bytes, document, rev } = each.value
      yield { record: ["d", rev, inOrder(document)], bytes: bytes + aroundBytes }
    }
  }
  for (const [id, { lowest, owner, results, seen }] of Tree.entries(state.sessions)) {
    yield sized(["s", id, owner, lowest, seen])
    for (const [seq, { index, result, time }] of Tree.entries(results))
      yield sized(["r", seq, index, time, plain(result)])
  }
  for (const [, name] of Tree.entries(state.keyOrder)) {
    const { fingerprint, index, result, time } = Tree.get(state.keys, name)!
    yield sized(["k", name, index, time, fingerprint, plain(result)])
  }
}

/** What stands around a document in its record, about. */
const aroundBytes = 16

const collectionRecord = (collection: Collection): ReadonlyArray<Value> => {
  const { name, options, uid, version } = collection
  const indexes = ownIndexes(collection).map(({ keys, multi, name, unique }) => ({
    name,
    keys,
    unique,
    multi
  }))
  return ["c", uid, version, name, inOrder({ ...options }), indexes]
}

const plain = (result: Remembered["result"]): Value => inOrder(result as Fields)

const sized = (record: ReadonlyArray<Value>): Sized => ({
  record,
  bytes: JSON.stringify(record).length
})

/** The same value, with its names in order: in memory they may stand as somebody wrote them. */
const inOrder = (value: Value): Value => {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(inOrder)
  if (isDate(value) || value instanceof Uint8Array) return value
  const out: Record<string, Value> = {}
  for (const name of sortedNames(value)) out[name] = inOrder((value as Fields)[name]!)
  return out
}
