/** What stands in plain bytes for the database: JSON, with the collection as first parameter. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { UserOperation, type UserOperation as Operation } from "@distri/store/command/Command"
import { isFields } from "@distri/store/value/Compare"
import * as Json from "@distri/store/value/Json"
import type { Fields, Value } from "@distri/store/value/Value"
import { Consistency, type Page } from "../../database/Documents.ts"

const parseJson = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Unknown))

/** A value of the database in JSON bytes, or what is wrong with them. */
const value = (data: Uint8Array): Effect.Effect<Value, string> =>
  parseJson(new TextDecoder().decode(data)).pipe(
    Effect.mapError(({ message }) => message),
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

/** The name of a collection: JSON text, or as it is. */
export const name = (data: Uint8Array): Effect.Effect<{ readonly collection: string }> => {
  const text = new TextDecoder().decode(data)
  return Schema.decodeEffect(Schema.fromJsonString(Schema.String))(text).pipe(
    // What is not JSON is taken as the name itself.
    Effect.orElseSucceed(() => text),
    Effect.map((collection) => ({ collection }))
  )
}

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

/** A name, or an object with the name and the options. */
export const creation = (data: Uint8Array) => {
  const text = new TextDecoder().decode(data)
  return text.trimStart().startsWith("{")
    ? Schema.decodeEffect(Creation)(text).pipe(
        Effect.map(({ name, ...options }) => ({ collection: name, ...options })),
        Effect.mapError(({ message }) => message)
      )
    : name(data)
}

const decodeOperation = Schema.decodeUnknownEffect(UserOperation)

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
      ...(consistency !== "" && {
        consistency: yield* Effect.mapError(
          decodeConsistency(consistency),
          ({ message }) => message
        )
      })
    }
  })

/** `{documents, next?, version}`: the original knew no revisions. */
export const page = ({ found, ...rest }: Page) =>
  Effect.sync(() => {
    const documents = found.map(({ document }) => Json.toJson(document))
    return new TextEncoder().encode(JSON.stringify({ documents, ...rest }))
  })
