/**
 * The services of the document database, typed and at byte level.
 *
 * At byte level the data is JSON and the first parameter is the collection:
 * `sendDataWithParams(json, "AddDocument", ["catalog"])`. CreateCollection and DeleteCollection
 * take the name as their data. Replies are JSON.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import { Database, ReadError, WriteError } from "../database/Database.ts"
import {
  AddDocument as Add,
  CreateCollection as Create,
  DeleteCollection as Drop,
  DeleteDocuments as Delete,
  Document,
  Filter,
  UpdateDocument as Update,
  type Operation
} from "../database/pure/Command.ts"
import { limitMax } from "../database/pure/Page.ts"
import { LogIndex } from "../log/pure/LogIndex.ts"
import type { Unavailable } from "../log/ReplicatedLog.ts"
import { CurrentRequest, handBack, timeLeft } from "./RequestContext.ts"
import * as Service from "./Service.ts"

const Collection = Schema.Struct({ collection: Schema.String })
const InCollection = Schema.Struct({ collection: Schema.String, document: Document })
const Matching = Schema.Struct({ collection: Schema.String, filter: Filter })
const Query = Schema.Struct({
  collection: Schema.String,
  filter: Schema.optionalKey(Filter),
  limit: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: limitMax }))),
  cursor: Schema.optionalKey(Schema.String)
})

const Changed = Schema.Struct({ version: LogIndex })
const ChangedOne = Schema.Struct({ _id: Schema.String, version: LogIndex })
const ChangedMany = Schema.Struct({ modified: Schema.Natural, version: LogIndex })
const Found = Schema.Struct({
  documents: Schema.Array(Document),
  next: Schema.optionalKey(Schema.String),
  version: LogIndex
})

/** A command has at most 900 KiB; larger JSON would only keep the processor busy. */
const bodyBytesMax = 1024 * 1024

const write = { error: WriteError, access: "database", repeat: "keyed", bodyBytesMax } as const

/**
 * Byte level: data is the name, as JSON text or bare.
 *
 * @category protocols
 * @since 0.1.0
 */
export class CreateCollection extends Service.make("CreateCollection", {
  ...write,
  payload: Collection,
  success: Changed,
  bytes: { decode: (data) => nameIn(data) }
}) {}

/**
 * Byte level: data is the name, as JSON text or bare.
 *
 * @category protocols
 * @since 0.1.0
 */
export class DeleteCollection extends Service.make("DeleteCollection", {
  ...write,
  payload: Collection,
  success: Changed,
  bytes: { decode: (data) => nameIn(data) }
}) {}

/**
 * Adds a document, under a new ULID when it has no `_id`. Byte level: data is the document.
 *
 * @category protocols
 * @since 0.1.0
 */
export class AddDocument extends Service.make("AddDocument", {
  ...write,
  payload: InCollection,
  success: ChangedOne,
  bytes: { decode: (data, params) => fromBytes(InCollection, { document: data }, params) }
}) {}

/**
 * Replaces the document of the same `_id`, or adds it. Byte level: data is the document.
 *
 * @category protocols
 * @since 0.1.0
 */
export class UpdateDocument extends Service.make("UpdateDocument", {
  ...write,
  payload: InCollection,
  success: ChangedOne,
  bytes: { decode: (data, params) => fromBytes(InCollection, { document: data }, params) }
}) {}

/**
 * Deletes every match; `{}` matches all. Byte level: data is the filter.
 *
 * @category protocols
 * @since 0.1.0
 */
export class DeleteDocument extends Service.make("DeleteDocument", {
  ...write,
  payload: Matching,
  success: ChangedMany,
  bytes: { decode: (data, params) => fromBytes(Matching, { filter: data }, params) }
}) {}

/**
 * One page, in the order of `_id`, at least as new as what the caller has seen. Byte level: data is
 * a filter or empty; parameters are the collection, a limit and a cursor, of which `""` is none.
 *
 * @category protocols
 * @since 0.1.0
 */
export class ReadCollection extends Service.make("ReadCollection", {
  payload: Query,
  bodyBytesMax,
  success: Found,
  error: ReadError,
  access: "database",
  repeat: "read",
  bytes: {
    decode: (data, [collection, limit = "", cursor = ""]) =>
      fromBytes(Query, data.length === 0 ? {} : { filter: data }, [collection ?? ""], {
        ...(limit === "" ? {} : { limit: Number(limit) }),
        ...(cursor === "" ? {} : { cursor })
      })
  }
}) {}

/**
 * @category protocols
 * @since 0.1.0
 */
export class DatabaseServices extends RpcGroup.make(
  CreateCollection,
  DeleteCollection,
  AddDocument,
  UpdateDocument,
  DeleteDocument,
  ReadCollection
) {
  /** Serves this node's database. */
  static readonly layer = DatabaseServices.toLayer(
    Effect.gen(function* () {
      const database = yield* Database

      const execute = Effect.fnUntraced(function* (op: Operation) {
        const { idempotencyKey } = yield* CurrentRequest
        return yield* database
          .execute(op, { id: idempotencyKey, deadline: yield* timeLeft })
          .pipe(Effect.tapErrorTag("Unavailable", ({ reason }) => goneForGood(reason)))
      })
      const change = (op: Operation) => Effect.map(execute(op), ({ version }) => ({ version }))
      const changeOne = (op: Operation) =>
        Effect.map(execute(op), ({ _id = "", version }) => ({ _id, version }))
      const changeMany = (op: Operation) =>
        Effect.map(execute(op), ({ modified, version }) => ({ modified, version }))

      return DatabaseServices.of({
        CreateCollection: (payload) => change(Create.make(payload)),
        DeleteCollection: (payload) => change(Drop.make(payload)),
        AddDocument: (payload) => changeOne(Add.make(payload)),
        UpdateDocument: (payload) => changeOne(Update.make(payload)),
        DeleteDocument: (payload) => changeMany(Delete.make(payload)),
        ReadCollection: Effect.fnUntraced(function* (query) {
          const { seen } = yield* CurrentRequest
          return yield* database.read({ ...query, after: seen, deadline: yield* waitFor })
        })
      })
    })
  )
}

/** How long a read waits for what its caller has seen. It may have been lost with its writer. */
const waitFor = Effect.map(timeLeft, Duration.min(Duration.seconds(5)))

/** A node whose copy has stopped cannot write again; another node may. */
const goneForGood = (reason: Unavailable["reason"]) =>
  reason === "LogRegressed" || reason === "WrongCluster" || reason === "Unsupported"
    ? handBack(`its copy of the database has stopped (${reason})`)
    : Effect.void

const parse = Schema.decodeUnknownEffect(Schema.fromJsonString(Schema.Unknown))

/** The payload of `schema`: a collection, and fields that stand as JSON in bytes. */
const fromBytes = <S extends Schema.Codec<unknown, unknown>>(
  schema: S,
  json: Readonly<Record<string, Uint8Array>>,
  [collection]: ReadonlyArray<string>,
  rest: object = {}
): Effect.Effect<S["Type"], string> =>
  Effect.gen(function* () {
    const fields: Record<string, unknown> = { collection, ...rest }
    for (const [name, data] of Object.entries(json))
      fields[name] = yield* parse(new TextDecoder().decode(data))
    return yield* Schema.decodeUnknownEffect(schema)(fields)
  }).pipe(Effect.mapError(({ message }) => message))

const Name = Schema.fromJsonString(
  Schema.Union([Schema.String, Schema.Struct({ name: Schema.String })])
)

const nameIn = (data: Uint8Array) => {
  const text = new TextDecoder().decode(data)
  return Schema.decodeEffect(Name)(text).pipe(
    Effect.map((name) => (typeof name === "string" ? name : name.name)),
    // What is not JSON is taken as the name itself.
    Effect.orElseSucceed(() => text),
    Effect.map((collection) => ({ collection }))
  )
}
