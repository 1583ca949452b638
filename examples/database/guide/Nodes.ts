/** The database by bytes, from a handler, and as a node sees it. */
import { Client, Database } from "@distri/core"
import { Console, Effect, Stream } from "effect"
import * as assert from "node:assert/strict"
import { SignUp } from "../services.ts"

export const bytes = Effect.gen(function* () {
  const client = yield* Client
  const send = (service: string, params: ReadonlyArray<string>, data: unknown) =>
    Effect.map(
      client.sendDataWithParams(new TextEncoder().encode(JSON.stringify(data)), service, params),
      (reply) => JSON.parse(new TextDecoder().decode(reply))
    )
  yield* send("CreateCollection", [], { name: "notes", indexes: [{ name: "by", keys: ["by"] }] })
  yield* send("AddDocument", ["notes"], { _id: "n1", by: "ada", at: { $date: 1_893_456_000_000 } })
  yield* send("UpdateDocument", ["notes"], { _id: "n2", by: "bob", text: "adds or replaces" })
  const { documents } = yield* send("ReadCollection", ["notes", "10"], { by: "ada" })
  yield* Console.log(JSON.stringify(documents))
  const { modified } = yield* send("DeleteDocument", ["notes"], {})
  assert.equal(modified, 2)
  // Any other operation, as it stands in `Command`.
  yield* send("Execute", [], { _tag: "DeleteCollection", collection: "notes" })
})

export const handler = Effect.gen(function* () {
  const client = yield* Client
  const mary = { name: "Mary", email: "mary@example.com", city: "Oslo" }
  assert.equal((yield* client.call(SignUp, mary)).length, 26)
  const taken = yield* Effect.flip(client.call(SignUp, mary))
  assert.equal(taken._tag, "EmailTaken")
})

/** On a node: all of the database as it is now, in pieces. */
export const backup = Effect.gen(function* () {
  const { backup, collections } = yield* Database
  const bytes = yield* backup.pipe(
    Stream.runFold(
      () => 0,
      (sum, piece) => sum + piece.length
    )
  )
  const names = (yield* collections).map(({ documents, name }) => `${name} ${documents}`)
  yield* Console.log(`${names.join(", ")}: ${bytes} bytes`)
})
