/**
 * Why a command, a read or a watch is refused. A refused command changes nothing but the version
 * and what its sender is answered.
 *
 * Inside the state a refusal is plain data (`Refused`): an error object carries a stack, which
 * differs from node to node.
 */
import * as Schema from "effect/Schema"
import { LogIndex } from "../value/LogIndex.ts"

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

/** There is one of this name with another definition. @category errors @since 0.1.0 */
export class IndexExists extends Schema.TaggedError<IndexExists>()("IndexExists", {
  collection: Schema.String,
  index: Schema.String
}) {
  override get message() {
    return `"${this.collection}" has an index "${this.index}" with another definition; delete it first, or take another name`
  }
}

/** @category errors @since 0.1.0 */
export class IndexNotFound extends Schema.TaggedError<IndexNotFound>()("IndexNotFound", {
  collection: Schema.String,
  index: Schema.String
}) {
  override get message() {
    return `"${this.collection}" has no index "${this.index}"`
  }
}

/**
 * Another document holds the key. `index` is `_id`, or the name of a unique index; `id` is the
 * document that holds it.
 *
 * @category errors @since 0.1.0
 */
export class DuplicateKey extends Schema.TaggedError<DuplicateKey>()("DuplicateKey", {
  collection: Schema.String,
  index: Schema.String,
  id: Schema.String
}) {
  override get message() {
    const { collection, id, index } = this
    return index === "_id"
      ? `"${collection}" has a document "${id}" already`
      : `the document "${id}" of "${collection}" has this key in the unique index "${index}" already`
  }
}

/** @category errors @since 0.1.0 */
export class DocumentNotFound extends Schema.TaggedError<DocumentNotFound>()("DocumentNotFound", {
  collection: Schema.String,
  id: Schema.String
}) {
  override get message() {
    return `"${this.collection}" has no document "${this.id}"`
  }
}

/** The document was changed since: read it again. @category errors @since 0.1.0 */
export class RevisionMismatch extends Schema.TaggedError<RevisionMismatch>()("RevisionMismatch", {
  collection: Schema.String,
  id: Schema.String,
  expected: LogIndex,
  actual: LogIndex
}) {
  override get message() {
    const { actual, collection, expected, id } = this
    return `"${id}" of "${collection}" is at revision ${actual}, not at ${expected}; read it again`
  }
}

/** `path` names the place in the document, as in `address.lines[2]`; empty: all of it. @category errors @since 0.1.0 */
export class InvalidDocument extends Schema.TaggedError<InvalidDocument>()("InvalidDocument", {
  path: Schema.String,
  issue: Schema.String
}) {
  override get message() {
    return `the document cannot be stored: ${at(this)}`
  }
}

/** @category errors @since 0.1.0 */
export class DocumentTooLarge extends Schema.TaggedError<DocumentTooLarge>()("DocumentTooLarge", {
  bytes: Schema.Natural,
  maxBytes: Schema.Natural
}) {
  override get message() {
    return `the document has ${this.bytes} bytes; the limit is ${this.maxBytes}`
  }
}

/** A name, an id or a combination of fields breaks the rules. @category errors @since 0.1.0 */
export class InvalidCommand extends Schema.TaggedError<InvalidCommand>()("InvalidCommand", {
  path: Schema.String,
  issue: Schema.String
}) {
  override get message() {
    return at(this)
  }
}

/** `path` names the place in the filter, as in `$or[1].age.$gt`. @category errors @since 0.1.0 */
export class FilterError extends Schema.TaggedError<FilterError>()("FilterError", {
  path: Schema.String,
  issue: Schema.String
}) {
  override get message() {
    return `the filter is not right: ${at(this)}`
  }
}

/** The collection has as much as it may hold. @category errors @since 0.1.0 */
export class CollectionFull extends Schema.TaggedError<CollectionFull>()("CollectionFull", {
  collection: Schema.String,
  what: Schema.Literals(["documents", "bytes"]),
  max: Schema.Natural
}) {
  override get message() {
    return `"${this.collection}" is full: its limit is ${this.max} ${this.what}`
  }
}

/** @category errors @since 0.1.0 */
export class LimitReached extends Schema.TaggedError<LimitReached>()("LimitReached", {
  what: Schema.String,
  max: Schema.Natural
}) {
  override get message() {
    return `there can be at most ${this.max} ${this.what}`
  }
}

/** Nothing was deleted: take a narrower filter, or a limit. @category errors @since 0.1.0 */
export class TooManyMatches extends Schema.TaggedError<TooManyMatches>()("TooManyMatches", {
  max: Schema.Natural
}) {
  override get message() {
    return `more than ${this.max} documents match; take a narrower filter, or a limit`
  }
}

/** The session was never opened, or was idle for too long. Nothing ran. @category errors @since 0.1.0 */
export class SessionExpired extends Schema.TaggedError<SessionExpired>()("SessionExpired", {
  session: Schema.String
}) {
  override get message() {
    return `the session "${this.session}" is unknown or has expired; open a new one`
  }
}

/** The result of this number was acknowledged before, so it is forgotten. @category errors @since 0.1.0 */
export class Stale extends Schema.TaggedError<Stale>()("Stale", {
  session: Schema.String,
  seq: Schema.Natural
}) {
  override get message() {
    return `command ${this.seq} of session "${this.session}" was answered and acknowledged before`
  }
}

/** Not run and not remembered: send it again after acknowledging. @category errors @since 0.1.0 */
export class TooManyUnacknowledged extends Schema.TaggedError<TooManyUnacknowledged>()(
  "TooManyUnacknowledged",
  { session: Schema.String, max: Schema.Natural }
) {
  override get message() {
    return `session "${this.session}" has ${this.max} results that it did not acknowledge`
  }
}

/** @category errors @since 0.1.0 */
export class IdempotencyKeyReused extends Schema.TaggedError<IdempotencyKeyReused>()(
  "IdempotencyKeyReused",
  { key: Schema.String }
) {
  override get message() {
    return `"${this.key}" was used for another command: a repeat must be the same, with the same values for defaults; take a new key for each`
  }
}

/** A bug in this release: it threw, on every node alike. Nothing was changed. @category errors @since 0.1.0 */
export class ApplyFailed extends Schema.TaggedError<ApplyFailed>()("ApplyFailed", {
  issue: Schema.String
}) {
  override get message() {
    return `the command could not be applied: ${this.issue}`
  }
}

const single = [
  CollectionExists,
  CollectionNotFound,
  IndexExists,
  IndexNotFound,
  DuplicateKey,
  DocumentNotFound,
  RevisionMismatch,
  InvalidDocument,
  DocumentTooLarge,
  InvalidCommand,
  FilterError,
  CollectionFull,
  LimitReached,
  TooManyMatches
] as const

/** Why one operation is refused. @category schemas */
export const OperationRefusal = Schema.Union(single)

/** The operation at `position`, from 0, is why nothing of the batch was done. @category errors @since 0.1.0 */
export class BatchRefused extends Schema.TaggedError<BatchRefused>()("BatchRefused", {
  position: Schema.Natural,
  reason: OperationRefusal
}) {
  override get message() {
    return `operation ${this.position} of the batch: ${this.reason.message}`
  }
}

/** Why a command is refused. @category schemas */
export const Refusal = Schema.Union([
  ...single,
  BatchRefused,
  SessionExpired,
  Stale,
  TooManyUnacknowledged,
  IdempotencyKeyReused,
  ApplyFailed
])

/** @category models */
export type Refused = typeof Refusal.Encoded
/** @category models */
export type OperationRefused = typeof OperationRefusal.Encoded

/** More would be sorted in memory than is allowed: add an index on the sort. @category errors @since 0.1.0 */
export class SortTooLarge extends Schema.TaggedError<SortTooLarge>()("SortTooLarge", {
  max: Schema.Natural
}) {
  override get message() {
    return `more than ${this.max} documents would have to be sorted; add an index on the sort`
  }
}

/**
 * The cursor is of another query, or of a collection that was deleted since, or was altered. Read
 * from the start.
 *
 * @category errors @since 0.1.0
 */
export class CursorInvalid extends Schema.TaggedError<CursorInvalid>()("CursorInvalid", {}) {
  override get message() {
    return "the cursor does not belong to this query; read from the start"
  }
}

/** A projection or sort breaks the rules. @category errors @since 0.1.0 */
export class InvalidQuery extends Schema.TaggedError<InvalidQuery>()("InvalidQuery", {
  path: Schema.String,
  issue: Schema.String
}) {
  override get message() {
    return at(this)
  }
}

/** Why a read is refused. @category schemas */
export const ReadRefusal = Schema.Union([
  CollectionNotFound,
  FilterError,
  InvalidQuery,
  SortTooLarge,
  CursorInvalid
])
/** @category models */
export type ReadRefused = typeof ReadRefusal.Encoded

const at = ({ issue, path }: { readonly issue: string; readonly path: string }) =>
  path === "" ? issue : `${path}: ${issue}`
