/** What stands in plain bytes for the database: JSON, with the collection as first parameter. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { UserOperation, type UserOperation as Operation } from "@distri/store/command/Command"
import { isFields } from "@distri/store/value/Compare"
import * as Json from "@distri/store/value/Json"
import type { Fields, Value } from "@distri/store/value/Value"
import { Consistency, type Found, type Page } from "../../database/Documents.ts"

const parseJson = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Unknown))

// Without `fatal` bytes that are no text would be stored as other text.
const utf8 = new TextDecoder("utf-8", { fatal: true })

const textOf = (data: Uint8Array): Effect.Effect<string, string> =>
  Effect.try({ try: () => utf8.decode(data), catch: () => "the data is not text in UTF-8" })

/** A value of the database in JSON bytes, or what is wrong with them. */
const value = (data: Uint8Array): Effect.Effect<Value, string> =>
  textOf(data).pipe(
    Effect.flatMap((text) => Effect.mapError(parseJson(text), ({ message }) => message)),
    Effect.flatMap((json) => {
      const read = Json.fromJson(json)
      if (read._tag !== "Value")
        return Effect.fail(read.path === "" ? read.issue : `${read.path}: ${read.issue}`)
      return hasEscapedName(read.value)
        ? Effect.fail(
            "a field name has a quote, a backslash or a control character; write it typed"
          )
        : Effect.succeed(read.value)
    })
  )

/**
 * V8 can read such a name as another, depending on what it parsed before (nodejs/node#63785). Not to
 * store what nobody wrote, all of them are refused here.
 */
const hasEscapedName = (read: Value): boolean => {
  if (Array.isArray(read)) return read.some(hasEscapedName)
  return (
    isFields(read) &&
    Object.entries(read).some(
      ([name, member]) => JSON.stringify(name).length > name.length + 2 || hasEscapedName(member)
    )
  )
}

const fields = (data: Uint8Array): Effect.Effect<Fields, string> =>
  Effect.flatMap(value(data), (read) =>
    isFields(read) ? Effect.succeed(read) : Effect.fail("the data is not a JSON object")
  )

const collectionIn = ([collection = ""]: ReadonlyArray<string>) =>
  collection === ""
    ? Effect.fail("the first parameter is the name of the collection; it is missing")
    : Effect.succeed(collection)

/** `{collection, [field]: data}`. */
export const inCollection =
  <const Field extends string>(field: Field) =>
  (data: Uint8Array, params: ReadonlyArray<string>) =>
    Effect.map(
      Effect.all([collectionIn(params), fields(data)]),
      ([collection, read]) => ({ collection, [field]: read }) as never
    )

/** A name or an id: JSON text, or as it is. */
const bare = (text: string): Effect.Effect<string> =>
  Schema.decodeEffect(Schema.fromJsonString(Schema.String))(text).pipe(
    // What is not JSON is taken as the name itself.
    Effect.orElseSucceed(() => text)
  )

const named = (text: string) => Effect.map(bare(text), (collection) => ({ collection }))

/** The name of a collection. */
export const name = (data: Uint8Array) => Effect.flatMap(textOf(data), named)

const Creation = Schema.fromJsonString(
  Schema.Struct({
    name: Schema.String,
    indexes: Schema.optionalKey(
      Schema.Array(
        Schema.Struct({
          name: Schema.String,
          keys: Schema.Array(Schema.String),
          unique: Schema.optionalKey(Schema.Boolean)
        })
      )
    ),
    expires: Schema.optionalKey(Schema.String),
    documentsMax: Schema.optionalKey(Schema.Natural),
    bytesMax: Schema.optionalKey(Schema.Natural)
  })
)

// What is written wrong must not pass as if it had been left out.
const exact = { onExcessProperty: "error" } as const

const decodeCreation = Schema.decodeEffect(Creation, exact)

/** A name, or an object with the name and the options. */
export const creation = (data: Uint8Array) =>
  Effect.flatMap(textOf(data), (text) =>
    text.trimStart().startsWith("{")
      ? decodeCreation(text).pipe(
          Effect.map(({ name, ...options }) => ({ collection: name, ...options })),
          Effect.mapError(({ message }) => message)
        )
      : named(text)
  )

const decodeOperation = Schema.decodeUnknownEffect(UserOperation, exact)

export const operation = (
  data: Uint8Array
): Effect.Effect<{ readonly operation: Operation }, string> =>
  Effect.flatMap(value(data), (read) =>
    Effect.mapBoth(decodeOperation(read), {
      onSuccess: (operation) => ({ operation }),
      onFailure: ({ message }) => message
    })
  )

/** The original's update: the document of this `_id` becomes `document`, and is added if absent. */
export const replacement = (collection: string, document: Fields): Operation => {
  const { _id = "" } = document
  return {
    _tag: "UpdateDocument",
    collection,
    id: typeof _id === "string" ? _id : "",
    replace: document,
    upsert: true
  }
}

const decodeConsistency = Schema.decodeUnknownEffect(Consistency)

const consistencyOf = (text: string) =>
  text === ""
    ? Effect.succeed({})
    : Effect.mapBoth(decodeConsistency(text), {
        onSuccess: (consistency) => ({ consistency }),
        onFailure: ({ message }) => message
      })

/** Of one document. Its id is the second parameter, or the data, as JSON text or as it is. */
export const one = (data: Uint8Array, params: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const [, idParam = "", consistency = ""] = params
    const collection = yield* collectionIn(params)
    const id = idParam === "" ? yield* Effect.flatMap(textOf(data), bare) : idParam
    if (id === "")
      return yield* Effect.fail("the second parameter, or the data, is the id; it is missing")
    if (idParam !== "" && data.length > 0)
      return yield* Effect.fail("the id is a parameter or the data, not both")
    return { collection, id, ...(yield* consistencyOf(consistency)) }
  })

const json = (value: unknown) => Effect.sync(() => new TextEncoder().encode(JSON.stringify(value)))

/** `{document, rev}`, or `{}` if there is none. */
export const found = ({ found }: { readonly found?: Found }) =>
  json(found === undefined ? {} : { document: Json.toJson(found.document), rev: found.rev })

export const paged = (data: Uint8Array, params: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const [, limit = "", cursor = "", consistency = ""] = params
    const collection = yield* collectionIn(params)
    const filter = data.length === 0 ? {} : { filter: yield* fields(data) }
    if (limit !== "" && !(Number(limit) >= 1 && Number(limit) <= 1000))
      return yield* Effect.fail(`the limit is a number from 1 to 1,000, not "${limit}"`)
    return {
      query: { collection, ...filter },
      ...(limit !== "" && { limit: Math.floor(Number(limit)) }),
      ...(cursor !== "" && { cursor }),
      ...(yield* consistencyOf(consistency))
    }
  })

/** `{documents, next?, version}`: the original knew no revisions. */
export const page = ({ found, next, version }: Page) =>
  json({ documents: found.map(({ document }) => Json.toJson(document)), next, version })
