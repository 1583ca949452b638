/** Serves watches from afar, in rounds that wait for something to happen. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Json from "@distri/store/value/Json"
import { WatchError } from "../database/DatabaseError.ts"
import { packed } from "../database/Packed.ts"
import { WatchPoll, WatchReply } from "../database/WatchPoll.ts"
import * as DatabaseBytes from "./internal/databaseBytes.ts"
import * as Service from "./Service.ts"

const decodePoll = Schema.decodeUnknownEffect(WatchPoll)

const fromBytes = Effect.fnUntraced(function* (data: Uint8Array, params: ReadonlyArray<string>) {
  const [collection = "", after = "", limit = "", waitMs = ""] = params
  const filter = data.length === 0 ? {} : yield* DatabaseBytes.inCollection("filter")(data, params)
  return yield* decodePoll({
    ...filter,
    collection,
    ...(after !== "" && { after: /^\d+$/.test(after) ? { version: Number(after) } : after }),
    ...(limit !== "" && { limit: Number(limit) }),
    ...(waitMs !== "" && { waitMs: Number(waitMs) })
  }).pipe(Effect.mapError(({ message }) => message))
})

const toBytes = ({ events, token }: WatchReply) =>
  Effect.sync(() =>
    new TextEncoder().encode(JSON.stringify({ events: Json.toJson(events as never), token }))
  )

/**
 * What happened to a collection after a place. Ask again with the `token` of the reply.
 *
 * Byte level: data is a filter or empty; parameters are the collection, a token or the version of a
 * read (default: from now on), a limit, and how many ms to wait for something to happen, of which
 * `""` is the default. The reply has `events` and `token`.
 *
 * @category protocols
 * @since 0.1.0
 */
export class Watch extends Service.make("Watch", {
  payload: packed(WatchPoll),
  success: packed(WatchReply),
  error: WatchError,
  access: "database",
  repeat: "read",
  concurrency: 10_000,
  waits: true,
  // A filter has at most 16 KiB.
  bodyBytesMax: 64 * 1024,
  bytes: { decode: fromBytes, encode: toBytes }
}) {}
