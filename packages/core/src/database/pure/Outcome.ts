/**
 * What a command comes to: what it wrote, or why it was refused. A refusal is an outcome like any
 * other: it is remembered, and a repeated command gets it again.
 */
import * as Schema from "effect/Schema"
import { LogIndex } from "../../log/pure/LogIndex.ts"

/**
 * - `version`: the place in the log where it took effect.
 * - `modified`: how many documents were added, replaced or deleted.
 * - `_id`: of the document that was added or replaced.
 *
 * @category models
 * @since 0.1.0
 */
export const Written = Schema.TaggedStruct("Written", {
  version: LogIndex,
  modified: Schema.Natural,
  _id: Schema.optionalKey(Schema.String)
})
/** @category models */
export type Written = typeof Written.Type

/** @category errors @since 0.1.0 */
export class CollectionExists extends Schema.TaggedError<CollectionExists>()("CollectionExists", {
  collection: Schema.String
}) {
  override get message() {
    return `there is a collection "${this.collection}" already`
  }
}

/** @category errors @since 0.1.0 */
export class CollectionNotFound extends Schema.TaggedError<CollectionNotFound>()(
  "CollectionNotFound",
  { collection: Schema.String }
) {
  override get message() {
    return `there is no collection "${this.collection}"`
  }
}

/** A document of this `_id` is there already. @category errors @since 0.1.0 */
export class DuplicateKey extends Schema.TaggedError<DuplicateKey>()("DuplicateKey", {
  collection: Schema.String,
  _id: Schema.String
}) {
  override get message() {
    const { _id, collection } = this
    return `"${collection}" has a document "${_id}" already`
  }
}

/** `issue` says what is wrong with the document, and where. @category errors @since 0.1.0 */
export class InvalidDocument extends Schema.TaggedError<InvalidDocument>()("InvalidDocument", {
  issue: Schema.String
}) {
  override get message() {
    return `the document cannot be stored: ${this.issue}`
  }
}

/** A name, filter or id breaks the rules. @category errors @since 0.1.0 */
export class InvalidOperation extends Schema.TaggedError<InvalidOperation>()("InvalidOperation", {
  issue: Schema.String
}) {
  override get message() {
    return this.issue
  }
}

/** The id was used for another command. @category errors @since 0.1.0 */
export class IdempotencyKeyReused extends Schema.TaggedError<IdempotencyKeyReused>()(
  "IdempotencyKeyReused",
  { id: Schema.String }
) {
  override get message() {
    return `"${this.id}" was used for another command; take a new key for each`
  }
}

/** Nothing was deleted: take a narrower filter. @category errors @since 0.1.0 */
export class TooManyMatches extends Schema.TaggedError<TooManyMatches>()("TooManyMatches", {
  max: Schema.Natural
}) {
  override get message() {
    return `more than ${this.max} documents match`
  }
}

/** There are `max` collections, as many as can be. @category errors @since 0.1.0 */
export class TooManyCollections extends Schema.TaggedError<TooManyCollections>()(
  "TooManyCollections",
  { max: Schema.Natural }
) {
  override get message() {
    return `there are ${this.max} collections already`
  }
}

/** @category schemas */
export const WriteRefusal = Schema.Union([
  CollectionExists,
  CollectionNotFound,
  DuplicateKey,
  InvalidDocument,
  InvalidOperation,
  IdempotencyKeyReused,
  TooManyMatches,
  TooManyCollections
])

/** @category schemas */
export const Outcome = Schema.Union([Written, WriteRefusal])

/**
 * Outcomes inside the state are plain data: an error object carries a stack, which differs from
 * node to node.
 *
 * @category models
 */
export type Refused = typeof WriteRefusal.Encoded
/** @category models */
export type Outcome = Written | Refused
