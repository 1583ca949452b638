/** What can be done with a typed collection. */
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Stream from "effect/Stream"
import type {
  AddDocument,
  DeleteDocument,
  DeleteDocuments,
  UpdateDocument
} from "@distri/store/command/Command"
import type { InvalidDocument } from "@distri/store/command/Refusal"
import type { Written } from "@distri/store/command/Result"
import type { FilterOf, PathOf } from "@distri/store/filter/TypedFilter"
import type { Explained } from "@distri/store/query/Query"
import type { LogIndex } from "@distri/store/value/LogIndex"
import type { DocumentSchema } from "./Collection.ts"
import type { AddAllFailed, DocumentDecodeError } from "./CollectionError.ts"
import type { ReadError, WatchError, WriteError } from "./DatabaseError.ts"
import type {
  ChangeEvent,
  Found,
  Page,
  PageOptions,
  ReadOptions,
  ResumeToken,
  WriteOptions
} from "./Documents.ts"
import type { IncOf, OptionalPath, SetOf } from "./TypedPath.ts"

/**
 * A document as its schema makes it: fields with a default may be left out. So may `_id`, which is
 * then a new ULID.
 *
 * @category models
 * @since 0.1.0
 */
export type NewDocument<S extends DocumentSchema> = WithoutId<S["~type.make.in"]> & {
  readonly _id?: S["Type"]["_id"]
}

/** A document as its schema makes it, with its `_id`. @category models @since 0.1.0 */
export type MadeDocument<S extends DocumentSchema> = S["~type.make.in"] & {
  readonly _id: S["Type"]["_id"]
}

/**
 * Asks for documents by the fields that are stored, which are those of the schema's encoded side.
 *
 * - `filter`: default all.
 * - `sort`: paths, each `1` (ascending) or `-1`; `_id` decides between equals. Default by `_id`.
 *
 * @category models
 * @since 0.1.0
 */
export interface QueryOf<Encoded> {
  readonly filter?: FilterOf<Encoded>
  readonly sort?: ReadonlyArray<readonly [path: PathOf<Encoded>, direction: 1 | -1]>
}

/**
 * Changes fields under dotted paths and leaves all others as they are, also those that the schema
 * does not know. Values are those that are stored, of the schema's encoded side.
 *
 * - `set`: objects on the way are created. A list is addressed by position: `lines.0.amount`.
 * - `unset`: removes a field. Only what the schema lets a document lack.
 * - `inc`: adds to a number; one that is missing starts at 0.
 *
 * @category models
 * @since 0.1.0
 */
export interface Changes<Encoded> {
  readonly set?: SetOf<Encoded>
  readonly unset?: ReadonlyArray<OptionalPath<Encoded>>
  readonly inc?: IncOf<Encoded>
}

/** @category models @since 0.1.0 */
export interface IfRevision {
  /** Only if this is still the document's revision, else `RevisionMismatch`. Default: any. */
  readonly ifRev?: LogIndex | undefined
}

/** @category models @since 0.1.0 */
export interface UpdateOptions extends IfRevision {
  /** Adds the document if there is none. Default: `DocumentNotFound`. */
  readonly upsert?: boolean | undefined
}

/** @category models @since 0.1.0 */
export interface DeleteAllOptions {
  /** Deletes those of the lowest `_id`s. Default: all matches, at most 10,000. */
  readonly limit?: number | undefined
}

/** @category models @since 0.1.0 */
export interface WatchOptions<Encoded> {
  /** Default: all documents. */
  readonly filter?: FilterOf<Encoded>
  /**
   * `start`: the documents as they are, then `ready`, then changes, without a gap. `now` (default):
   * changes from here on. A token: changes after it.
   */
  readonly from?: "start" | "now" | ResumeToken | undefined
  /**
   * What becomes of an event whose document does not fit the schema. `fail` (default):
   * `DocumentDecodeError`. `skip`: a warning is logged and the event left out, so what was built
   * from earlier ones keeps the document as it was; a `left` comes without `after`.
   */
  readonly onUndecodable?: "fail" | "skip" | undefined
}

/**
 * The writes of a collection as values, for a batch over several collections: all or nothing, at
 * most 100, each sees the earlier ones.
 *
 * ```ts
 * yield* documents.execute({
 *   _tag: "Batch",
 *   operations: yield* Effect.all([
 *     accounts.operations.update("ada", { inc: { balance: -5 } }),
 *     accounts.operations.update("bob", { inc: { balance: 5 } })
 *   ])
 * })
 * ```
 *
 * Each fails with `InvalidDocument` if what is to be written does not fit the schema.
 *
 * @category models
 * @since 0.1.0
 */
export interface Operations<S extends DocumentSchema> {
  readonly add: (
    document: NewDocument<S>
  ) => Effect.Effect<typeof AddDocument.Type, InvalidDocument>
  readonly update: (
    id: S["Type"]["_id"],
    changes: Changes<S["Encoded"]>,
    options?: UpdateOptions
  ) => Effect.Effect<typeof UpdateDocument.Type, InvalidDocument>
  /**
   * As `CollectionClient.replace`, but it is one update that knows nothing of what is stored: an
   * object that becomes empty loses fields that the schema does not name. Where something else than
   * an object is stored, it is refused with `InvalidDocument`: delete that field by an earlier
   * operation of the batch (`UpdateDocument` with `unset`).
   */
  readonly replace: (
    document: MadeDocument<S>,
    options?: UpdateOptions
  ) => Effect.Effect<typeof UpdateDocument.Type, InvalidDocument>
  readonly delete: (
    id: S["Type"]["_id"],
    options?: IfRevision
  ) => Effect.Effect<typeof DeleteDocument.Type>
  readonly deleteAll: (
    filter: FilterOf<S["Encoded"]>,
    options?: DeleteAllOptions
  ) => Effect.Effect<typeof DeleteDocuments.Type>
}

/**
 * A typed collection, over documents that fail with `E` in addition to their own errors.
 *
 * What is written is made and encoded by the schema first, so a value that does not fit fails with
 * `InvalidDocument` and its path before anything is proposed. What is read is decoded; a document
 * that does not fit fails with `DocumentDecodeError`.
 *
 * **Gotchas**
 *
 * A `Date` or `Uint8Array` in a document may be the one that this node keeps. Do not change it in
 * place.
 *
 * @category models
 * @since 0.1.0
 */
export interface CollectionClient<S extends DocumentSchema, E = never> {
  /**
   * Creates the collection, and those of its indexes that it has not. May be repeated, by several
   * nodes at once too. Nothing is ever dropped or changed: `IndexExists` if there is an index of the
   * name with another definition; `expires` and the limits of a collection that exists stay.
   *
   * Not atomic: what was created before a failure stays, and the next call goes on.
   */
  readonly create: Effect.Effect<void, WriteError | E>

  /** Deletes the collection with all documents. `CollectionNotFound` if there is none. */
  readonly drop: Effect.Effect<Written, WriteError | E>

  /**
   * `DuplicateKey` if there is a document with its `_id`, or with a key of a unique index.
   *
   * With an `idempotencyKey`, a repeat must make the same document, or it is refused with
   * `IdempotencyKeyReused`: pass a value for each default that varies, as the time or a random id
   * does. Only `_id` may be left out.
   */
  readonly add: (
    document: NewDocument<S>,
    options?: WriteOptions
  ) => Effect.Effect<Added<S>, WriteError | E>

  /**
   * Adds documents in order, and gives their number: in batches of up to 100 and 512 KiB, each all
   * or nothing. All are checked against the schema before the first is written.
   *
   * It is not atomic as a whole: `AddAllFailed` says how many were added. With an
   * `idempotencyKey`, the same call again goes on where it failed, and adds none twice; as with
   * `add`, defaults that vary need values. To the key is added `/` and the number of the batch: all
   * of it has at most 128 bytes.
   */
  readonly addAll: (
    documents: Iterable<NewDocument<S>>,
    options?: WriteOptions
  ) => Effect.Effect<number, AddAllFailed<E>>

  /** The document and its revision, or none. */
  readonly get: (
    id: S["Type"]["_id"],
    options?: ReadOptions
  ) => Effect.Effect<Option.Option<Found<S["Type"]>>, ReadError | DocumentDecodeError | E>

  /** One page. `next`, if there is more, is the `cursor` of the next one. */
  readonly read: (
    query?: QueryOf<S["Encoded"]>,
    options?: PageOptions
  ) => Effect.Effect<Page<S["Type"]>, ReadError | DocumentDecodeError | E>

  /**
   * All pages, one read at a time as they are consumed; `limit` is the size of a page. With
   * `mode: "snapshot"` all are of one version, and a consumer that rests for 60 s gets
   * `CursorExpired`.
   */
  readonly stream: (
    query?: QueryOf<S["Encoded"]>,
    options?: PageOptions
  ) => Stream.Stream<Found<S["Type"]>, ReadError | DocumentDecodeError | E>

  /** How many documents match. Default: how many there are. */
  readonly count: (
    filter?: FilterOf<S["Encoded"]>,
    options?: ReadOptions
  ) => Effect.Effect<number, ReadError | E>

  /** Whether an index is used for a query, and how many documents are looked at. */
  readonly explain: (
    query?: QueryOf<S["Encoded"]>,
    options?: ReadOptions
  ) => Effect.Effect<Explained, ReadError | E>

  /**
   * Changes some fields, in one step: two updates of the same document never lose each other's.
   *
   * Values are checked against the schema of their field. What depends on several fields at once
   * is not; with `upsert`, the document that may be added is checked as a whole.
   */
  readonly update: (
    id: S["Type"]["_id"],
    changes: Changes<S["Encoded"]>,
    options?: UpdateOptions & WriteOptions
  ) => Effect.Effect<Written, WriteError | E>

  /**
   * Makes all that the schema names as in `document`: what that lacks is removed. Fields that the
   * schema does not name stay, so an older release does not undo what a newer one has added; only
   * lists, and what may be of several kinds, are replaced as a whole.
   *
   * An object that becomes empty is read first, for what has to stay in it. Where something else
   * than an object is stored, the update is refused, and a second one replaces that as a whole,
   * under the key `<idempotencyKey>/whole` if there is one.
   *
   * Use `ifRev` for a document that was read and changed, or another's change may be lost.
   */
  readonly replace: (
    document: MadeDocument<S>,
    options?: UpdateOptions & WriteOptions
  ) => Effect.Effect<Written, WriteError | E>

  /** `DocumentNotFound` if there is none. */
  readonly delete: (
    id: S["Type"]["_id"],
    options?: IfRevision & WriteOptions
  ) => Effect.Effect<Written, WriteError | E>

  /** Deletes what matches, all or nothing. `TooManyMatches` if that is more than 10,000. */
  readonly deleteAll: (
    filter: FilterOf<S["Encoded"]>,
    options?: DeleteAllOptions & WriteOptions
  ) => Effect.Effect<Written, WriteError | E>

  /**
   * What happens to the collection, in the order of the log. Ends only by failing.
   *
   * A document that does not fit the schema fails with `DocumentDecodeError`, whose `resume` is
   * after it. That of an `initial` event has none, since the start has no tokens: repair the
   * document, take `onUndecodable: "skip"`, or `documents.watch`, which gives it as it is. A
   * `before` that does not fit is left out.
   */
  readonly watch: (
    options?: WatchOptions<S["Encoded"]>
  ) => Stream.Stream<ChangeEvent<S["Type"]>, WatchError | DocumentDecodeError | E>

  readonly operations: Operations<S>
}

/** @category models @since 0.1.0 */
export interface Added<S extends DocumentSchema> extends Written {
  readonly id: S["Type"]["_id"]
}

// Of each member: a union of documents stays one.
type WithoutId<D> = D extends unknown ? Omit<D, "_id"> : never
