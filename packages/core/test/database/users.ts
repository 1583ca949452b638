/** A collection of users, in a database that writes down what it was asked. */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { UserOperation } from "@distri/store/command/Command"
import type { Fields } from "@distri/store/value/Value"
import * as Collection from "../../src/database/Collection.ts"
import type { Documents } from "../../src/database/Documents.ts"
import { writer } from "./nodes.ts"

const Address = Schema.Struct({ city: Schema.String, zip: Schema.optionalKey(Schema.String) })

export class Users extends Collection.make("users", {
  document: Schema.Struct({
    _id: Schema.String,
    name: Schema.String,
    age: Schema.Int.check(Schema.isGreaterThanOrEqualTo(0)),
    role: Schema.String.pipe(Schema.withConstructorDefault(Effect.succeed("member"))),
    joined: Schema.optionalKey(Schema.Date),
    seen: Schema.optionalKey(Schema.DateTimeUtcFromDate),
    key: Schema.optionalKey(Schema.Uint8Array),
    address: Schema.optionalKey(Address),
    tags: Schema.optional(Schema.Array(Schema.String))
  }),
  indexes: [
    { name: "age", keys: ["age"] },
    { name: "name", keys: ["name"], unique: true }
  ]
}) {}

/** The documents of a new database, and all that is written to them. */
export const recorded = Effect.gen(function* () {
  const { documents } = (yield* writer()).database
  const executed: Array<UserOperation> = []
  const execute: Documents["execute"] = (operation, options) =>
    Effect.suspend(() => {
      executed.push(operation)
      return documents.execute(operation, options)
    })
  return { ...documents, execute, executed }
})

export const started = Effect.gen(function* () {
  const documents = yield* recorded
  const users = Collection.over(documents, Users)
  yield* users.create
  return { documents, users }
})

export const ada = { _id: "ada", name: "Ada", age: 36 }
export const at = DateTime.makeUnsafe("2030-01-02T03:04:05Z")

/** Writes as somebody would who does not know the schema. */
export const raw = (documents: Documents, document: Fields) =>
  documents.execute({ _tag: "AddDocument", collection: "users", document })

export const stored = (documents: Documents, id: string) =>
  Effect.map(documents.get("users", id), (found) => Option.getOrThrow(found).document)
