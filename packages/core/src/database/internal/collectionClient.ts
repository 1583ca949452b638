/** A typed collection over untyped documents. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import type { UserOperation } from "@distri/store/command/Command"
import type { InvalidDocument } from "@distri/store/command/Refusal"
import type { Query } from "@distri/store/query/Query"
import type { Fields } from "@distri/store/value/Value"
import type { Definition, DocumentSchema } from "../Collection.ts"
import type { Added, CollectionClient } from "../CollectionClient.ts"
import { DocumentDecodeError } from "../CollectionError.ts"
import type { ChangeEvent, Documents, Found, PageOptions, WriteOptions } from "../Documents.ts"
import { addAll } from "./addAll.ts"
import * as DocumentCodec from "./documentCodec.ts"
import * as Replacing from "./replacing.ts"
import { namesOf } from "./schemaFields.ts"
import * as TypedOperations from "./typedOperations.ts"

export const make = <S extends DocumentSchema, E>(
  documents: Documents<E>,
  definition: Definition<S>
): CollectionClient<S, E> => {
  type Client = CollectionClient<S, E>
  const { collection } = definition
  const codec = DocumentCodec.make(collection, definition.document)
  const names = namesOf(definition.document.ast)
  const operations = TypedOperations.make(collection, definition.document, codec, names)
  const replace = Replacing.make(documents, collection, names)
  const write = (
    operation: Effect.Effect<UserOperation, InvalidDocument>,
    options?: WriteOptions
  ) => Effect.flatMap(operation, (made) => documents.execute(made, writing(options)))

  const read = Effect.fnUntraced(function* (
    query?: Parameters<Client["read"]>[0],
    options?: PageOptions
  ) {
    const page = yield* documents.read(untyped(collection, query), options)
    const found: Array<Found<S["Type"]>> = []
    for (const stored of page.found) found.push(yield* codec.decode(stored))
    return { ...page, found }
  })

  return {
    create: create(documents, definition),
    drop: documents.execute({ _tag: "DeleteCollection", collection }),
    add: (document, options) =>
      write(operations.add(document), options) as Effect.Effect<Added<S>, never>,
    addAll: (all, options) => addAll(documents.execute, operations.add, all, options),
    get: (id, options) =>
      Effect.flatMap(documents.get(collection, id, options), (found) =>
        Option.isNone(found) ? Effect.succeedNone : codec.decodeSome(found.value)
      ),
    read,
    stream: (query, options) =>
      Stream.paginate(options?.cursor, (cursor) =>
        Effect.map(read(query, { ...options, cursor }), ({ found, next }) => [
          found,
          next === undefined ? Option.none() : Option.some<string | undefined>(next)
        ])
      ),
    count: (filter, options) => documents.count(collection, asFilter(filter), options),
    explain: (query, options) => documents.explain(untyped(collection, query), options),
    update: (id, changes, options) => write(operations.update(id, changes, options), options),
    replace: (document, options) =>
      Effect.flatMap(codec.encode(document), (encoded) => replace(encoded, options)),
    delete: (id, options) => write(operations.delete(id, options), options),
    deleteAll: (filter, options) => write(operations.deleteAll(filter, options), options),
    watch: ({ filter, from, onUndecodable } = {}) => {
      const events = documents.watch({ collection, filter: asFilter(filter), from })
      const decode = decodeEvent(codec)
      return onUndecodable === "skip"
        ? Stream.filter(Stream.mapEffect(events, decodeOrSkip(decode)), Predicate.isNotUndefined)
        : Stream.mapEffect(events, decode)
    },
    operations
  }
}

/** Creates what is missing. The collection may be somebody else's, or of an earlier call. */
const create = <S extends DocumentSchema, E>(
  { execute }: Documents<E>,
  { collection, bytesMax, documentsMax, expires, indexes }: Definition<S>
) =>
  Effect.gen(function* () {
    const created = yield* execute({
      _tag: "CreateCollection",
      collection,
      indexes,
      ...(expires === undefined ? {} : { expires }),
      ...(documentsMax === undefined ? {} : { documentsMax }),
      ...(bytesMax === undefined ? {} : { bytesMax })
    }).pipe(
      Effect.as(true),
      Effect.catchIf(
        (error) => Predicate.isTagged(error, "CollectionExists"),
        () => Effect.succeed(false)
      )
    )
    if (created) return
    for (const index of indexes) yield* execute({ _tag: "CreateIndex", collection, index })
  })

// Types of a generic schema's paths are not to be compared with anything.
const asFilter = (filter: unknown) => filter as Fields | undefined

const untyped = (
  collection: string,
  { filter, sort }: { readonly filter?: unknown; readonly sort?: unknown } = {}
): Query => ({
  collection,
  ...(filter === undefined ? {} : { filter: filter as Fields }),
  ...(sort === undefined ? {} : { sort: sort as NonNullable<Query["sort"]> })
})

const writing = ({ idempotencyKey, timeout }: WriteOptions = {}): WriteOptions => ({
  idempotencyKey,
  timeout
})

const decodeEvent = <D>(codec: DocumentCodec.DocumentCodec<D>) =>
  Effect.fnUntraced(function* (event: ChangeEvent) {
    if (event.kind === "ready") return event
    if (event.kind === "initial") return { ...event, ...(yield* codec.decode(event)) }
    const { after, before, ...rest } = event
    const { token: resume, version: rev } = event
    const now =
      after === undefined
        ? undefined
        : yield* Effect.mapError(
            codec.decode({ document: after, rev }),
            (error) => new DocumentDecodeError({ ...error, resume })
          )
    const then =
      before === undefined
        ? undefined
        : yield* Effect.option(codec.decode({ document: before, rev }))
    return {
      ...rest,
      ...(then === undefined || Option.isNone(then) ? {} : { before: then.value.document }),
      ...(now === undefined ? {} : { after: now.document })
    }
  })

const decodeOrSkip =
  <D>(decode: ReturnType<typeof decodeEvent<D>>) =>
  (event: ChangeEvent): Effect.Effect<ChangeEvent<D> | undefined> =>
    Effect.catchTag(decode(event), "DocumentDecodeError", (error) => {
      const warned = Effect.logWarning(error.message)
      if (event.kind !== "left") return Effect.as(warned, undefined)
      const { after: _, ...left } = event
      // It left what is watched, whatever became of it. Without `after` nothing is left to fail.
      return Effect.andThen(warned, Effect.orDie(decode(left)))
    })
