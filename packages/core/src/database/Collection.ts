/**
 * A collection with a schema, defined once and used by nodes and clients alike.
 *
 * ```ts
 * class Users extends Collection.make("users", {
 *   document: Schema.Struct({
 *     _id: Schema.String,
 *     name: Schema.String,
 *     age: Schema.Int,
 *     joined: Schema.Date
 *   }),
 *   indexes: [{ name: "age", keys: ["age"] }]
 * }) {}
 *
 * const users = Collection.over(documents, Users)
 * ```
 */
import * as Arbitrary from "effect/Arbitrary"
import { constVoid } from "effect/Function"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { IndexSchema } from "@distri/store/command/Command"
import type { PathOf } from "@distri/store/filter/TypedFilter"
import * as Canonical from "@distri/store/value/Canonical"
import type { CollectionClient } from "./CollectionClient.ts"
import type { Documents } from "./Documents.ts"
import { make as makeClient } from "./internal/collectionClient.ts"
import type { PathTo } from "./TypedPath.ts"

/**
 * What a field may be encoded as. The types of Effect that are none of these have a schema that is:
 * `DateTimeUtcFromDate` for a `DateTime.Utc`, `OptionFromOptionalKey` for an `Option`.
 *
 * @category models
 * @since 0.1.0
 */
export type Storable =
  | null
  | boolean
  | number
  | string
  | Date
  | Uint8Array
  | ReadonlyArray<Storable>
  | { readonly [field: string]: Storable | undefined }

/**
 * The schema of documents. It needs no services, and its `_id` is stored as it is: it may have a
 * brand and checks, but no transformation.
 *
 * @category models
 * @since 0.1.0
 */
export type DocumentSchema = Schema.Codec<
  { readonly _id: string },
  { readonly _id: string; readonly [field: string]: Storable | undefined }
>

/**
 * One to four paths of documents as they are stored. `unique`: no two documents have the same
 * values there; those that have none of them do not count.
 *
 * @category models
 * @since 0.1.0
 */
export interface IndexOf<Encoded> {
  readonly name: string
  readonly keys: readonly [PathOf<Encoded>, PathOf<Encoded>?, PathOf<Encoded>?, PathOf<Encoded>?]
  readonly unique?: boolean
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Options<S extends DocumentSchema> {
  readonly document: S & NeverUndefined<S["Encoded"]>
  /** At most 16. They are built when the collection is created; see `CollectionClient.create`. */
  readonly indexes?: ReadonlyArray<IndexOf<S["Encoded"]>>
  /** A field that holds a date. A document is gone once that time of the log has come. */
  readonly expires?: PathTo<S["Encoded"], Date | null>
  /** Default: no limit but the database's own. */
  readonly documentsMax?: number
  /** Canonical sizes of documents and index entries. Default: no limit but the database's own. */
  readonly bytesMax?: number
}

/** What a collection is, apart from its documents. @category models @since 0.1.0 */
export interface Definition<S extends DocumentSchema> {
  readonly collection: string
  readonly document: S
  readonly indexes: ReadonlyArray<typeof IndexSchema.Type>
  readonly expires?: string
  readonly documentsMax?: number
  readonly bytesMax?: number
}

/** The class that `make` gives: nobody makes an instance of it. @category models @since 0.1.0 */
export interface Collection<Name extends string, S extends DocumentSchema> extends Definition<S> {
  new (_: never): {}
  readonly collection: Name
}

/** @category models @since 0.1.0 */
export type Any = Collection<string, DocumentSchema>

/** A document of a collection. @category models @since 0.1.0 */
export type Type<C extends Any> = C["document"]["Type"]

/** A document as it is stored: what filters, sorts and updates speak of. @category models @since 0.1.0 */
export type Encoded<C extends Any> = C["document"]["Encoded"]

/** @category models @since 0.1.0 */
export type Client<C extends Any, E = never> = CollectionClient<C["document"], E>

/**
 * Defines a collection. Nothing is created before `CollectionClient.create`.
 *
 * `name`: a letter, then up to 63 letters, digits, `_` or `-`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = <const Name extends string, S extends DocumentSchema>(
  name: Name,
  options: Options<S>
): Collection<Name, S> => {
  const { indexes = [], ...rest } = options
  return Object.assign(function () {}, { ...rest, collection: name, indexes }) as never
}

/**
 * The collection in `documents`: those of a node (`Database.documents`) or of a client
 * (`Client.documents`). Asks for nothing by itself.
 *
 * @category constructors
 * @since 0.1.0
 */
export const over = <S extends DocumentSchema, E>(
  documents: Documents<E>,
  collection: Collection<string, S>
): CollectionClient<S, E> => makeClient(documents, collection)

/**
 * Documents for property tests, all of which can be stored.
 *
 * @category constructors
 * @since 0.1.0
 */
export const arbitrary = <S extends DocumentSchema>(
  collection: Collection<string, S>
): Arbitrary.Arbitrary<S["Type"]> => {
  const encode = Schema.encodeUnknownOption(collection.document)
  const decode = Schema.decodeUnknownOption(collection.document)
  const generated = Arbitrary.all({
    document: Arbitrary.schema(collection.document),
    _id: Arbitrary.schema(Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(32)))
  })
  return Arbitrary.filterMap(generated, ({ _id, document }) => {
    const encoded = Option.filter(encode(document), isStorable)
    if (Option.isSome(encoded)) return Result.succeed(document)
    // Small documents begin with an empty _id, which is no reason to try another.
    const named = Option.map(encode(document), (fields) => ({ ...fields, _id }))
    return Result.fromOption(Option.flatMap(Option.filter(named, isStorable), decode), constVoid)
  })
}

const isStorable = ({ _id, ...fields }: { readonly _id: string }) =>
  Canonical.isId(_id) && Canonical.of(fields)._tag === "Canonical"

// An `undefined` is not stored, so a field that must be there would be missing when it is read.
type NeverUndefined<E> = [Undefinable<E>] extends [never]
  ? unknown
  : { readonly "use Schema.optional, since undefined cannot be stored": Undefinable<E> }

type Undefinable<E> = E extends unknown
  ? {
      [K in keyof E]-?: undefined extends E[K] ? ({} extends Pick<E, K> ? never : K) : never
    }[keyof E]
  : never
