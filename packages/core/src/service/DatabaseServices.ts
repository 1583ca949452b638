/**
 * The services of the document database, typed and at byte level.
 *
 * At byte level the data is JSON and the first parameter is the collection:
 * `sendDataWithParams(json, "AddDocument", ["catalog"])`. CreateCollection and DeleteCollection
 * take the name as their data. Replies are JSON; a date is `{"$date": ms}` and bytes are
 * `{"$bytes": base64}`.
 *
 * Typed callers use `Client.collection` and `Client.documents`, which stand on `Execute`,
 * `ReadCollection`, `GetDocument`, `CountDocuments`, `ExplainQuery` and `Watch`.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import {
  CreateCollection as Create,
  FieldsSchema,
  FilterSchema,
  UserOperation,
  type UserOperation as Operation
} from "@distri/store/command/Command"
import { pageMax } from "@distri/store/command/Limits"
import { Written } from "@distri/store/command/Result"
import { Explained, Query } from "@distri/store/query/Query"
import { LogIndex } from "@distri/store/value/LogIndex"
import { Database } from "../database/Database.ts"
import { ReadError, WriteError } from "../database/DatabaseError.ts"
import { Consistency } from "../database/Documents.ts"
import { elsewhereMinMs } from "../database/internal/patience.ts"
import { packed } from "../database/Packed.ts"
import type { Unavailable } from "../log/ReplicatedLog.ts"
import * as DatabaseBytes from "./internal/databaseBytes.ts"
import { CurrentRequest, handBack, timeLeft } from "./RequestContext.ts"
import * as Service from "./Service.ts"
import { Watch } from "./WatchService.ts"

/** A command has at most 900 KiB; larger data would only keep the processor busy. */
const bodyBytesMax = 1024 * 1024

/** Commands of one `ExecuteAll`. */
const commandsMax = 1024

const write = { error: WriteError, access: "database", repeat: "keyed", bodyBytesMax } as const
const read = {
  error: ReadError,
  access: "database",
  repeat: "read",
  // While the log has no leader, most that run only wait for one, and who need not wait would queue
  // behind them. How much work all are together shows in the delay of the event loop.
  concurrency: 1000,
  bodyBytesMax
} as const

const { _tag: _, ...creation } = Create.fields
const InCollection = Schema.Struct({ collection: Schema.String, document: FieldsSchema })
const Matching = Schema.Struct({
  collection: Schema.String,
  filter: FilterSchema,
  limit: Schema.optionalKey(Schema.Natural)
})
const freshness = {
  consistency: Schema.optionalKey(Consistency),
  /** Milliseconds. */
  maxLag: Schema.optionalKey(Schema.Finite.check(Schema.isGreaterThanOrEqualTo(0)))
}
const Paged = Schema.Struct({
  query: Query,
  limit: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: pageMax }))),
  cursor: Schema.optionalKey(Schema.String),
  mode: Schema.optionalKey(Schema.Literals(["live", "snapshot"])),
  ...freshness
})
const Found = Schema.Struct({ document: FieldsSchema, rev: LogIndex })

const Changed = Schema.Struct({ version: LogIndex })
const ChangedOne = Schema.Struct({ _id: Schema.String, version: LogIndex })
const ChangedMany = Schema.Struct({ modified: Schema.Natural, version: LogIndex })

/**
 * Byte level: data is the name, as JSON text or bare, or JSON as in
 * `{"name": "users", "indexes": [{"name": "age", "keys": ["age"]}], "expires": "until"}`.
 *
 * @category protocols
 * @since 0.1.0
 */
export class CreateCollection extends Service.make("CreateCollection", {
  ...write,
  payload: Schema.Struct(creation),
  success: Changed,
  bytes: { decode: DatabaseBytes.creation }
}) {}

/**
 * Byte level: data is the name, as JSON text or bare.
 *
 * @category protocols
 * @since 0.1.0
 */
export class DeleteCollection extends Service.make("DeleteCollection", {
  ...write,
  payload: Schema.Struct({ collection: Schema.String }),
  success: Changed,
  bytes: { decode: DatabaseBytes.name }
}) {}

/**
 * Adds a document, under a new ULID when it has no `_id`. Byte level: data is the document.
 *
 * @category protocols
 * @since 0.1.0
 */
export class AddDocument extends Service.make("AddDocument", {
  ...write,
  payload: packed(InCollection),
  success: ChangedOne,
  bytes: { decode: DatabaseBytes.inCollection("document") }
}) {}

/**
 * Replaces the document of the same `_id`, or adds it. Byte level: data is the document.
 *
 * @category protocols
 * @since 0.1.0
 */
export class UpdateDocument extends Service.make("UpdateDocument", {
  ...write,
  payload: packed(InCollection),
  success: ChangedOne,
  bytes: { decode: DatabaseBytes.inCollection("document") }
}) {}

/**
 * Deletes every match; `{}` matches all. Byte level: data is the filter.
 *
 * @category protocols
 * @since 0.1.0
 */
export class DeleteDocument extends Service.make("DeleteDocument", {
  ...write,
  payload: packed(Matching),
  success: ChangedMany,
  bytes: { decode: DatabaseBytes.inCollection("filter") }
}) {}

/**
 * Opens a session of numbered writes.
 *
 * @category protocols
 * @since 0.1.0
 */
export class OpenSession extends Service.make("OpenSession", {
  ...write,
  success: Schema.String
}) {}

/**
 * Any write, also many as one (`Batch`). Byte level: data is the operation.
 *
 * @category protocols
 * @since 0.1.0
 */
export class Execute extends Service.make("Execute", {
  ...write,
  payload: packed(Schema.Struct({ operation: UserOperation })),
  success: Written,
  bytes: { decode: DatabaseBytes.operation }
}) {}

/**
 * Writes that have nothing to do with each other, sent together because they began together. Each is
 * a command as the log holds it (`@distri/store/command/CommandCodec`), numbered in an open session,
 * so that it takes effect once. The answers are in the order of the commands.
 *
 * @category protocols
 * @since 0.1.0
 */
export class ExecuteAll extends Service.make("ExecuteAll", {
  ...write,
  payload: Schema.Struct({
    commands: Schema.Array(Schema.Uint8Array).check(Schema.isMaxLength(commandsMax))
  }),
  success: Schema.Array(Schema.Union([Written, WriteError]))
}) {}

/**
 * One page of a query. Byte level: data is a filter or empty; parameters are the collection, a
 * limit, a cursor and a consistency, of which `""` is the default. The reply has `documents`,
 * `version`, and `next` when there is more.
 *
 * @category protocols
 * @since 0.1.0
 */
export class ReadCollection extends Service.make("ReadCollection", {
  ...read,
  payload: packed(Paged),
  success: packed(
    Schema.Struct({
      found: Schema.Array(Found),
      next: Schema.optionalKey(Schema.String),
      version: LogIndex,
      log: Schema.optionalKey(Schema.String)
    })
  ),
  bytes: { decode: DatabaseBytes.paged, encode: DatabaseBytes.page }
}) {}

/**
 * The document of an id, if there is one. Byte level: parameters are the collection, the id and a
 * consistency, of which `""` is the default; the id may be the data instead. The reply has
 * `document` and `rev`, or nothing.
 *
 * @category protocols
 * @since 0.1.0
 */
export class GetDocument extends Service.make("GetDocument", {
  ...read,
  payload: Schema.Struct({ collection: Schema.String, id: Schema.String, ...freshness }),
  success: packed(Schema.Struct({ found: Schema.optionalKey(Found) })),
  bytes: { decode: DatabaseBytes.one, encode: DatabaseBytes.found }
}) {}

/**
 * How many documents match.
 *
 * @category protocols
 * @since 0.1.0
 */
export class CountDocuments extends Service.make("CountDocuments", {
  ...read,
  payload: packed(
    Schema.Struct({
      collection: Schema.String,
      filter: Schema.optionalKey(FilterSchema),
      ...freshness
    })
  ),
  success: Schema.Natural
}) {}

/**
 * How a query is answered, and what it costs.
 *
 * @category protocols
 * @since 0.1.0
 */
export class ExplainQuery extends Service.make("ExplainQuery", {
  ...read,
  payload: packed(Schema.Struct({ query: Query, ...freshness })),
  success: Explained
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
  OpenSession,
  Execute,
  ExecuteAll,
  ReadCollection,
  GetDocument,
  CountDocuments,
  ExplainQuery,
  Watch
) {
  /** Serves this node's database. */
  static readonly layer = DatabaseServices.toLayer(
    Effect.gen(function* () {
      const { documents, executeAll, executeFromAfar, openSession, poll } = yield* Database

      const execute = Effect.fnUntraced(function* (operation: Operation) {
        const { idempotencyKey } = yield* CurrentRequest
        return yield* executeFromAfar(operation, {
          idempotencyKey,
          timeout: yield* timeLeft
        }).pipe(
          Effect.tapErrorTag("Unavailable", goElsewhere),
          // Without a key nobody else could tell it from another write.
          Effect.tapErrorTag("Ambiguous", () =>
            idempotencyKey === undefined ? Effect.void : askElsewhere
          )
        )
      })
      const changedOne = (operation: Operation) =>
        Effect.map(execute(operation), ({ id = "", version }) => ({ _id: id, version }))
      return DatabaseServices.of({
        CreateCollection: (payload) => execute({ _tag: "CreateCollection", ...payload }),
        DeleteCollection: (payload) => execute({ _tag: "DeleteCollection", ...payload }),
        AddDocument: (payload) => changedOne({ _tag: "AddDocument", ...payload }),
        UpdateDocument: ({ collection, document }) =>
          changedOne(DatabaseBytes.replacement(collection, document)),
        DeleteDocument: (payload) => execute({ _tag: "DeleteDocuments", ...payload }),
        OpenSession: () =>
          Effect.gen(function* () {
            const { idempotencyKey } = yield* CurrentRequest
            return yield* openSession(idempotencyKey, yield* timeLeft)
          }).pipe(
            Effect.tapErrorTag("Unavailable", goElsewhere),
            Effect.tapErrorTag("Ambiguous", () => askElsewhere)
          ),
        Execute: ({ operation }) => execute(operation),
        ExecuteAll: Effect.fnUntraced(
          function* ({ commands }) {
            const results = yield* executeAll(commands, yield* timeLeft)
            const answers = results.map(Result.merge)
            const elsewhere = answers.find((answer) => answer._tag === "Unavailable")
            // What took effect here takes effect once, and is told again there.
            const started = answers.some(({ _tag }) => _tag === "Written" || _tag === "Ambiguous")
            if (elsewhere !== undefined) yield* goElsewhere(elsewhere, started)
            if (answers.some(({ _tag }) => _tag === "Ambiguous")) yield* askElsewhere
            return answers
          },
          Effect.tapErrorTag("Unavailable", goElsewhere)
        ),
        ReadCollection: ({ query, ...options }) =>
          reading((wait) => documents.read(query, { ...options, ...wait })),
        GetDocument: ({ collection, id, ...options }) =>
          reading((wait) => documents.get(collection, id, { ...options, ...wait })).pipe(
            Effect.map((found) => (Option.isSome(found) ? { found: found.value } : {}))
          ),
        CountDocuments: ({ collection, filter, ...options }) =>
          reading((wait) => documents.count(collection, filter, { ...options, ...wait })),
        ExplainQuery: ({ query, ...options }) =>
          reading((wait) => documents.explain(query, { ...options, ...wait })),
        Watch: (request) => Effect.tapErrorTag(poll(request), "Unavailable", goElsewhere)
      })
    })
  )
}

const writes: ReadonlySet<string> = new Set(
  [
    CreateCollection,
    DeleteCollection,
    AddDocument,
    UpdateDocument,
    DeleteDocument,
    OpenSession,
    Execute,
    ExecuteAll
  ].map(({ _tag }) => _tag)
)

/** Whether the service of that name writes into the database, and does nothing else. */
export const isWrite = (service: string): boolean => writes.has(service)

/** Asks with the time that its caller leaves. */
const reading = <A>(
  ask: (options: { readonly timeout: Duration.Duration }) => Effect.Effect<A, ReadError>
) =>
  Effect.flatMap(timeLeft, (left) =>
    ask({ timeout: Duration.min(left, waitMax) }).pipe(
      Effect.tapErrorTag("Unavailable", goElsewhere)
    )
  )

/** How long a read waits for the version it needs. What its caller has seen may have been lost. */
const waitMax = Duration.seconds(5)

/**
 * What did not happen here may happen at another node: this one may be cut off from the others, or
 * have stopped for good. Who has no time left for that gets the reason. `started`: some of the request
 * may have happened.
 */
const goElsewhere = Effect.fnUntraced(function* ({ reason }: Unavailable, started = false) {
  if (reason === "Joining")
    return yield* handBack("its copy of the database has not caught up with the log", { started })
  if (reason === "LogRegressed" || reason === "WrongCluster" || reason === "Unsupported")
    return yield* handBack(`its copy of the database has stopped (${reason})`, { started })
  const left = yield* timeLeft
  if (elsewhere.includes(reason) && Duration.isGreaterThan(left, leftMin))
    return yield* handBack(`its part of the log cannot say (${reason})`, { started })
})

/**
 * What is in doubt here can be asked about at any node, and takes effect once: by the number or the key
 * that it has. Here it waited for a leader, and found none.
 */
const askElsewhere = Effect.gen(function* () {
  const left = yield* timeLeft
  if (Duration.isGreaterThan(left, leftMin))
    return yield* handBack("it cannot say whether a write took effect", { started: true })
})

const leftMin = Duration.millis(elsewhereMinMs)

const elsewhere: ReadonlyArray<Unavailable["reason"]> = [
  "NoLeader",
  "NoQuorum",
  "Behind",
  "Stopping"
]
