/**
 * The database services by name and bytes, as a program without their types would use them.
 */
import { type Address, type CallOptions, Client } from "@distri/core"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"

const Changed = Schema.fromJsonString(Schema.Struct({ _id: Schema.String }))
const Page = Schema.fromJsonString(
  Schema.Struct({
    documents: Schema.Array(Schema.Record(Schema.String, Schema.Unknown)),
    next: Schema.optionalKey(Schema.String)
  })
)

const timeout = "1 minute"

const send = Effect.fnUntraced(function* <A>(
  service: string,
  params: ReadonlyArray<string>,
  data: unknown,
  reply: Schema.Codec<A, string>,
  node?: Address.Address
) {
  const client = yield* Client
  const bytes = new TextEncoder().encode(JSON.stringify(data))
  const options: CallOptions = { timeout, ...(node !== undefined && { node }) }
  const answer = yield* client.sendDataWithParams(bytes, service, params, options).pipe(
    // A client goes elsewhere when a node is busy; who names a node has to wait for that one.
    Effect.retry({
      while: ({ _tag }) => node !== undefined && notNow.includes(_tag),
      schedule: Schedule.spaced("200 millis"),
      times: 100
    })
  )
  return yield* Effect.orDie(Schema.decodeEffect(reply)(new TextDecoder().decode(answer)))
})

/** The node did nothing, and will in a moment. */
const notNow = ["Overloaded", "NotReady", "Draining", "CloudUnreachable"]

const AnyReply = Schema.fromJsonString(Schema.Unknown)

export const createCollection = (name: string) => send("CreateCollection", [], name, AnyReply)
export const deleteCollection = (name: string) => send("DeleteCollection", [], name, AnyReply)

/** The id of the new document. */
export const add = (collection: string, document: Document) =>
  Effect.map(send("AddDocument", [collection], document, Changed), ({ _id }) => _id)

type Document = Readonly<Record<string, unknown>>

/** Replaces the document of the same `_id`. */
export const update = (collection: string, document: Document) =>
  send("UpdateDocument", [collection], document, Changed)

/** The documents that match, at most 100. */
export const find = (collection: string, filter: object) =>
  Effect.map(send("ReadCollection", [collection], filter, Page), ({ documents }) => documents)

/** The whole collection, as one node has it. */
export const allOn = Effect.fnUntraced(function* (node: Address.Address, collection: string) {
  const all: Array<Document> = []
  let cursor = ""
  do {
    const params = [collection, "1000", cursor]
    const page = yield* send("ReadCollection", params, {}, Page, node)
    all.push(...page.documents)
    cursor = page.next ?? ""
  } while (cursor !== "")
  return all
})
