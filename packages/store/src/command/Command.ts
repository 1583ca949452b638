/**
 * What can be asked of the database, and by whom.
 *
 * Ids and times are made by whoever proposes a command, since applying it may not draw any.
 */
import * as Schema from "effect/Schema"
import { isFields } from "../value/Compare.ts"
import { LogIndex, LogTime } from "../value/LogIndex.ts"
import type { Fields, Value } from "../value/Value.ts"

/**
 * An object of values. What is inside is checked when it is used (`Canonical`), with its path.
 *
 * @category schemas
 */
export const FieldsSchema = Schema.declare(isFields, { expected: "an object" })

/** Deeper than any filter may be. */
const depthMax = 128

const isDefined = (value: unknown, depth = 0): boolean => {
  if (value === undefined || (typeof value === "number" && !Number.isFinite(value))) return false
  if (typeof value !== "object" || value === null) return true
  const members = Array.isArray(value) ? Array.from(value) : Object.values(value)
  return depth < depthMax && members.every((member) => isDefined(member, depth + 1))
}

/**
 * A filter as it is written; see `filter/Filter.ts`. On the way an `undefined` would vanish, and a
 * number that is not finite would become null: the filter would match what it was not to.
 *
 * @category schemas
 */
export const FilterSchema = Schema.declare(
  (value: unknown): value is Fields => isFields(value) && isDefined(value),
  { expected: "a filter without undefined and with finite numbers" }
)

/** @category schemas */
export const IndexSchema = Schema.Struct({
  name: Schema.String,
  keys: Schema.Array(Schema.String),
  unique: Schema.optionalKey(Schema.Boolean)
})

/** @category models */
export const CreateCollection = Schema.TaggedStruct("CreateCollection", {
  collection: Schema.String,
  indexes: Schema.optionalKey(Schema.Array(IndexSchema)),
  /** The field whose date ends a document's life. */
  expires: Schema.optionalKey(Schema.String),
  documentsMax: Schema.optionalKey(Schema.Natural),
  bytesMax: Schema.optionalKey(Schema.Natural)
})

/** @category models */
export const DeleteCollection = Schema.TaggedStruct("DeleteCollection", {
  collection: Schema.String
})

/** @category models */
export const CreateIndex = Schema.TaggedStruct("CreateIndex", {
  collection: Schema.String,
  index: IndexSchema
})

/** @category models */
export const DeleteIndex = Schema.TaggedStruct("DeleteIndex", {
  collection: Schema.String,
  index: Schema.String
})

/**
 * `newId` is the `_id` of a document that has none; it is not part of what makes two commands the
 * same.
 *
 * @category models
 */
export const AddDocument = Schema.TaggedStruct("AddDocument", {
  collection: Schema.String,
  document: FieldsSchema,
  newId: Schema.optionalKey(Schema.String)
})

/**
 * Changes the document `id`: either all of it (`replace`), or the fields under dotted paths.
 *
 * `upsert` adds the document if there is none. `ifRev`: only if that is its revision.
 *
 * @category models
 */
export const UpdateDocument = Schema.TaggedStruct("UpdateDocument", {
  collection: Schema.String,
  id: Schema.String,
  replace: Schema.optionalKey(FieldsSchema),
  set: Schema.optionalKey(FieldsSchema),
  unset: Schema.optionalKey(Schema.Array(Schema.String)),
  inc: Schema.optionalKey(FieldsSchema),
  upsert: Schema.optionalKey(Schema.Boolean),
  ifRev: Schema.optionalKey(LogIndex)
})

/** @category models */
export const DeleteDocument = Schema.TaggedStruct("DeleteDocument", {
  collection: Schema.String,
  id: Schema.String,
  ifRev: Schema.optionalKey(LogIndex)
})

/** Deletes every match, or the `limit` ones of the lowest `_id`s. @category models */
export const DeleteDocuments = Schema.TaggedStruct("DeleteDocuments", {
  collection: Schema.String,
  filter: FilterSchema,
  limit: Schema.optionalKey(Schema.Natural)
})

const single = [
  CreateCollection,
  DeleteCollection,
  CreateIndex,
  DeleteIndex,
  AddDocument,
  UpdateDocument,
  DeleteDocument,
  DeleteDocuments
] as const

/** What may stand in a batch. @category schemas */
export const SingleOperation = Schema.Union(single)
/** @category models */
export type SingleOperation = typeof SingleOperation.Type

/** Up to 100 operations, all or nothing; each sees the earlier ones. @category models */
export const Batch = Schema.TaggedStruct("Batch", {
  operations: Schema.Array(SingleOperation)
})

/** `session` is made by the proposer. @category models */
export const OpenSession = Schema.TaggedStruct("OpenSession", {
  session: Schema.String,
  owner: Schema.String
})

/**
 * Forgets sessions that were last heard of at `sessionsBefore` or earlier, and the results of
 * one-shot commands of `keysBefore` or earlier. Proposed by the leader.
 *
 * @category models
 */
export const ExpireSessions = Schema.TaggedStruct("ExpireSessions", {
  sessionsBefore: LogTime,
  keysBefore: LogTime
})

/** Removes documents whose time has come, at most 1,000. Proposed by the leader. @category models */
export const ExpireDocuments = Schema.TaggedStruct("ExpireDocuments", {})

/** Allows commands up to this language version. Proposed by the leader. @category models */
export const SetLanguage = Schema.TaggedStruct("SetLanguage", { language: Schema.Natural })

/** What a user may ask for. @category schemas */
export const UserOperation = Schema.Union([...single, Batch])
/** @category models */
export type UserOperation = typeof UserOperation.Type

const ofUsers: ReadonlySet<string> = new Set(
  UserOperation.members.map(({ fields }) => fields._tag.schema.literal)
)

/** Whether users may ask for it. @category guards */
export const isUserOperation = (operation: { readonly _tag: string }): operation is UserOperation =>
  ofUsers.has(operation._tag)

/** @category schemas */
export const Operation = Schema.Union([
  ...single,
  Batch,
  OpenSession,
  ExpireSessions,
  ExpireDocuments,
  SetLanguage
])
/** @category models */
export type Operation = typeof Operation.Type

/**
 * Who sends a command, which decides how it takes effect once.
 *
 * - `Session`: number `seq` of an open session; results up to `ack` may be forgotten.
 * - `Key`: a one-shot command of `owner` under `key`. `fingerprint`: of the operation without made
 *   up ids, to tell another command under the same key.
 * - `System`: the leader's own; taking effect twice does no harm.
 *
 * @category models
 */
export const Sender = Schema.Union([
  Schema.TaggedStruct("Session", {
    session: Schema.String,
    seq: Schema.Natural,
    ack: Schema.Natural
  }),
  Schema.TaggedStruct("Key", {
    owner: Schema.String,
    key: Schema.String,
    fingerprint: Schema.Natural
  }),
  Schema.TaggedStruct("System", {})
])
/** @category models */
export type Sender = typeof Sender.Type

/** @category models @since 0.1.0 */
export const Command = Schema.Struct({
  /** The language version of its filters and updates. */
  language: Schema.Natural,
  sender: Sender,
  operation: Operation
})
/** @category models */
export type Command = typeof Command.Type

/** The language version that this release writes, and the highest that it knows. */
export const language = 1

/** @category models */
export type { Fields, Value }
