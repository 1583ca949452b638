/**
 * What can be asked of the database, and the form in which it stands in the log.
 *
 * A command is UTF-8 JSON `{v, id, op}`. A release that does not know `v`, or the operation, stops
 * before the entry: skipping it would make this node differ from the others.
 */
import * as Schema from "effect/Schema"

/**
 * A JSON object. `__proto__` and other trouble inside it is found by `Documents.check`.
 *
 * @category models
 * @since 0.1.0
 */
export const Document = Schema.Json.pipe(
  Schema.refine(
    (json): json is Schema.JsonObject =>
      typeof json === "object" && json !== null && !Array.isArray(json),
    { expected: "a JSON object" }
  )
)
/** @category models */
export type Document = typeof Document.Type

/**
 * A document matches when each field of the filter equals the document's, deeply and whatever the
 * order of keys. `{}` matches all.
 *
 * @category models
 * @since 0.1.0
 */
export const Filter = Document
/** @category models */
export type Filter = Document

/** @category models */
export const CreateCollection = Schema.TaggedStruct("CreateCollection", {
  collection: Schema.String
})

/** @category models */
export const DeleteCollection = Schema.TaggedStruct("DeleteCollection", {
  collection: Schema.String
})

/**
 * `newId` is the `_id` of a document that has none. Made by whoever proposes the command, since
 * applying it may not draw random numbers; not part of what makes two commands the same.
 *
 * @category models
 */
export const AddDocument = Schema.TaggedStruct("AddDocument", {
  collection: Schema.String,
  document: Document,
  newId: Schema.optionalKey(Schema.String)
})

/** Replaces the document of the same `_id`, or adds it. @category models */
export const UpdateDocument = Schema.TaggedStruct("UpdateDocument", {
  collection: Schema.String,
  document: Document
})

/** Deletes every match. @category models */
export const DeleteDocuments = Schema.TaggedStruct("DeleteDocuments", {
  collection: Schema.String,
  filter: Filter
})

/** @category models */
export const Operation = Schema.Union([
  CreateCollection,
  DeleteCollection,
  AddDocument,
  UpdateDocument,
  DeleteDocuments
])
/** @category models */
export type Operation = typeof Operation.Type

/**
 * An operation under the id by which it takes effect once.
 *
 * @category models
 * @since 0.1.0
 */
export interface Command {
  readonly id: string
  readonly op: Operation
}

/** The largest command in the log; a page of a follower must hold it. @category configuration */
export const commandMaxBytes = 900 * 1024

const Stored = Schema.fromJsonString(
  Schema.Struct({ v: Schema.Literal(1), id: Schema.String, op: Operation })
)
const decodeStored = Schema.decodeUnknownResult(Stored)

/** @category encoding */
export const encode = ({ id, op }: Command): Uint8Array =>
  new TextEncoder().encode(JSON.stringify({ v: 1, id, op }))

/** The command in an entry, or why this release cannot know what it says. @category decoding */
export const decode = (
  data: Uint8Array
): { readonly _tag: "Known"; readonly command: Command } | Unsupported => {
  const result = decodeStored(new TextDecoder().decode(data))
  return result._tag === "Success"
    ? { _tag: "Known", command: result.success }
    : { _tag: "Unsupported", issue: result.failure.message }
}

/** @category models */
export interface Unsupported {
  readonly _tag: "Unsupported"
  readonly issue: string
}
