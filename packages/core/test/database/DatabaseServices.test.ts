import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import { CollectionNotFound } from "@distri/store/command/Refusal"
import type { Written } from "@distri/store/command/Result"
import { LogIndex } from "@distri/store/value/LogIndex"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as SchemaBinary from "effect/encoding/SchemaBinary"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as RpcTest from "effect/rpc/RpcTest"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import { Load } from "../../src/cloud/Load.ts"
import { Database } from "../../src/database/Database.ts"
import type { WriteError } from "../../src/database/DatabaseError.ts"
import { Halt } from "../../src/Halt.ts"
import { Ambiguous, Unavailable } from "../../src/log/ReplicatedLog.ts"
import {
  AddDocument,
  CountDocuments,
  CreateCollection,
  DatabaseServices,
  DeleteCollection,
  DeleteDocument,
  ExecuteAll,
  ExplainQuery,
  GetDocument,
  OpenSession,
  ReadCollection,
  UpdateDocument
} from "../../src/service/DatabaseServices.ts"
import * as Endpoint from "../../src/service/Endpoint.ts"
import { Overloaded } from "../../src/service/Refusal.ts"
import { CurrentRequest } from "../../src/service/RequestContext.ts"
import * as Service from "../../src/service/Service.ts"
import { ServiceRouter } from "../../src/service/ServiceRouter.ts"
import type { RequestHead } from "../../src/service/Wire.ts"
import { writer } from "./nodes.ts"

it.effect("[DB17] at byte level, data and replies are JSON and the collection is a parameter", () =>
  Effect.gen(function* () {
    const send = yield* bytesClient
    assert.deepStrictEqual<unknown>(yield* send(CreateCollection, "a"), { version: 2 })
    assert.deepStrictEqual<unknown>(yield* send(CreateCollection, `"b"`), { version: 3 })
    assert.deepStrictEqual<unknown>(yield* send(CreateCollection, `{"name":"true"}`), {
      version: 4
    })
    assert.deepStrictEqual<unknown>(yield* send(DeleteCollection, "true"), { version: 5 })
    const added = yield* send(AddDocument, `{"_id":"1","name":"é"}`, "a")
    assert.deepStrictEqual<unknown>(added, { _id: "1", version: 6 })
    const updated = yield* send(UpdateDocument, `{"_id":"2","name":"漢"}`, "a")
    assert.deepStrictEqual<unknown>(updated, { _id: "2", version: 7 })
    const { _id } = yield* send(AddDocument, `{"name":"x"}`, "a")
    assert.match(_id!, /^[0-9A-HJKMNP-TV-Z]{26}$/)
    const page = yield* send(ReadCollection, `{"name":"x"}`, "a")
    assert.deepStrictEqual<unknown>(page, { documents: [{ _id, name: "x" }], version: 8 })
    // A ULID of the test clock's first moment comes before the rest.
    const { next } = yield* send(ReadCollection, "", "a", "1")
    const rest = yield* send(ReadCollection, "", "a", "", next!)
    assert.deepStrictEqual<unknown>(rest, {
      documents: [
        { _id: "1", name: "é" },
        { _id: "2", name: "漢" }
      ],
      version: 8
    })
    const deleted = yield* send(DeleteDocument, `{"name":"é"}`, "a")
    assert.deepStrictEqual<unknown>(deleted, { modified: 1, version: 9 })
  })
)

it.effect("[DB17] bytes that are no payload are refused with what is wrong", () =>
  Effect.gen(function* () {
    for (const data of ["", "{", "[]", "1", "null"]) {
      assert.isNotEmpty(yield* issue(AddDocument, data, "a"))
      assert.isNotEmpty(yield* issue(DeleteDocument, data, "a"))
    }
    assert.isNotEmpty(yield* issue(AddDocument, "{}"))
    for (const name of [`\\"`, "\\n", "\\\\", "\\u0001"]) {
      const data = `{"list":[{"${name}":1}]}`
      assert.include(yield* issue(AddDocument, data, "a"), "a field name has a quote")
    }
    for (const limit of ["0", "-1", "1001", "ten"])
      assert.isNotEmpty(yield* issue(ReadCollection, "", "a", limit))
  })
)

it.effect("[ST7] a repeated request gets the first result, also a made-up _id", () =>
  Effect.gen(function* () {
    const { client } = yield* services
    yield* client.CreateCollection({ collection: "a" })
    const add = client
      .AddDocument({ collection: "a", document: { color: "red" } })
      .pipe(asRequest({ idempotencyKey: "key" }))
    const { _id, version } = yield* add
    assert.deepStrictEqual(yield* add, { _id, version })
    const { found } = yield* client.ReadCollection({ query: { collection: "a" } })
    assert.deepStrictEqual(
      found.map(({ document }) => document),
      [{ _id, color: "red" }]
    )
  })
)

it.effect("[DB10] a read is at least as new as what its caller has seen", () =>
  Effect.gen(function* () {
    const { client } = yield* services
    yield* client.CreateCollection({ collection: "a" })
    const late = client
      .ReadCollection({ query: { collection: "a" }, consistency: "session" })
      .pipe(asRequest({ seen: 99, deadlineMs: 0 }), Effect.flip)
    assert.deepInclude(yield* late, { _tag: "Unavailable", reason: "Behind" })
  })
)

it.effect("[DB17] errors and pages cross the wire", () =>
  Effect.gen(function* () {
    const { client } = yield* services
    const error = yield* Effect.flip(client.AddDocument({ collection: "a", document: {} }))
    const codec = Schema.toCodecJson(AddDocument.errorSchema)
    const sent = JSON.stringify(Schema.encodeSync(codec)(error))
    assert.deepStrictEqual(Schema.decodeSync(codec)(JSON.parse(sent)), error)
    assert.strictEqual(error._tag, "CollectionNotFound")
  })
)

it.effect(
  "[CL9] [CL15] writes that go elsewhere together are in doubt, if some of them may have run",
  () =>
    Effect.gen(function* () {
      const noLeader = new Unavailable({ reason: "NoLeader" })
      for (const other of [written, new Ambiguous({ id: "?" })])
        assert.deepInclude(yield* refusalOf([other, noLeader]), { _tag: "NotReady", started: true })
      const full = new Overloaded({ retryAfterMs: 50, reason: "log" })
      for (const other of [noLeader, full])
        assert.notProperty(yield* refusalOf([other, noLeader]), "started")
      assert.isUndefined(yield* refusalOf([written, full]))
    }).pipe(Effect.provide(SecureRandom.layerWebCrypto))
)

it.effect("[DB25] a read of what the node has waits for none that wait for the leader", () =>
  Effect.gen(function* () {
    const router = yield* leaderless
    const failed: Array<string> = []
    let sent = 0
    const ask = (service: Service.Any, payload: object) => {
      const body = encode(service, payload)
      const taken = router.arrive(
        { connection: Math.floor(sent++ / 256), identity: { _tag: "Anonymous" } },
        { ...head, service: service._tag, size: body.length },
        ({ outcome }) => Effect.sync(() => outcome === "failure" && failed.push(service._tag))
      )
      if ("id" in taken) router.start(taken.id, body)
    }
    for (const [service, payload] of reads) {
      for (let at = 0; at < 999; at += 1) ask(service, payload)
      ask(service, { ...payload, consistency: "local" })
    }
    yield* TestClock.adjust("1 millis")
    assert.deepStrictEqual(
      failed,
      reads.map(([{ _tag }]) => _tag)
    )
    assert.strictEqual(router.standing().running, sent - failed.length)
  }).pipe(Effect.scoped)
)

const reads: ReadonlyArray<readonly [service: Service.Any, payload: object]> = [
  [ReadCollection, { query: { collection: "a" } }],
  [GetDocument, { collection: "a", id: "1" }],
  [CountDocuments, { collection: "a" }],
  [ExplainQuery, { query: { collection: "a" } }]
]

const head: RequestHead = {
  service: "",
  mode: "typed",
  size: 0,
  remainingMs: 5000,
  log: "",
  seen: 0
}

const encode = (service: Service.Any, payload: object) =>
  Schema.encodeUnknownSync(SchemaBinary.toCodec(service.payloadSchema) as any)(
    payload
  ) as Uint8Array

/** Serves a database that has nothing, and whose log has no leader. */
const leaderless = Effect.gen(function* () {
  const none = Effect.fail(new CollectionNotFound({ collection: "a" }))
  const read = ({ consistency }: { readonly consistency?: string }) =>
    consistency === "local" ? none : Effect.never
  const documents = {
    read: (_: unknown, options: object) => read(options),
    get: (_: unknown, _id: unknown, options: object) => read(options),
    count: (_: unknown, _filter: unknown, options: object) => read(options),
    explain: (_: unknown, options: object) => read(options)
  }
  const context = yield* Layer.build(
    ServiceRouter.layer(DatabaseServices, "a").pipe(
      Layer.provide(DatabaseServices.layer),
      Layer.provide(Layer.succeed(Database, { documents } as never)),
      Layer.provide([Halt.layer, Load.layerNoop, SecureRandom.layerWebCrypto])
    )
  )
  const router = Context.get(context, ServiceRouter)
  yield* router.open
  return router
})

it.effect("[DB28] a write in doubt goes to another node, if there is time and it has a name", () =>
  Effect.gen(function* () {
    const doubt = new Ambiguous({ id: "?" })
    const named = { idempotencyKey: "k" }
    const late = { ...named, deadlineMs: 900 }
    const goes = { _tag: "NotReady", started: true } as const
    const create = { collection: "a" }
    for (const outcomes of [[doubt], [written, doubt]])
      assert.deepInclude(yield* refusalOf(outcomes), goes)
    assert.isUndefined(yield* refusalOf([doubt], late))
    assert.deepInclude(yield* refusalOfOne(CreateCollection, create, doubt, named), goes)
    assert.deepInclude(yield* refusalOfOne(OpenSession, undefined, doubt, named), goes)
    assert.isUndefined(yield* refusalOfOne(CreateCollection, create, doubt, late))
    assert.isUndefined(yield* refusalOfOne(CreateCollection, create, doubt, {}))
  }).pipe(Effect.provide(SecureRandom.layerWebCrypto))
)

it.effect("[DB18] a session is opened in the time that its caller leaves", () =>
  Effect.gen(function* () {
    const asked: Array<unknown> = []
    const openSession = (id: string, timeout: Duration.Input) =>
      Effect.sync(() => void asked.push([id, Duration.toMillis(timeout)]))
    const request = { idempotencyKey: "k", deadlineMs: 3000 }
    yield* refusalBy({ documents: {}, openSession }, OpenSession, undefined, request)
    assert.deepStrictEqual(asked, [["k", 3000]])
  }).pipe(Effect.provide(SecureRandom.layerWebCrypto))
)

const written: Written = {
  _tag: "Written",
  version: LogIndex.make(7),
  matched: 1,
  modified: 1
}

/** How a node refuses writes that came together, of which its database makes `outcomes`. */
const refusalOf = (outcomes: ReadonlyArray<Written | WriteError>, request: Asked = {}) => {
  const results = outcomes.map((outcome) =>
    outcome._tag === "Written" ? Result.succeed(outcome) : Result.fail(outcome)
  )
  const database = { documents: {}, executeAll: () => Effect.succeed(results) }
  return refusalBy(database, ExecuteAll, { commands: [] }, request)
}

/** The same of a service that makes one write, of which its database makes `error`. */
const refusalOfOne = (
  service: Service.Any,
  payload: unknown,
  error: WriteError,
  request: Asked
) => {
  const fail = () => Effect.fail(error)
  const database = { documents: {}, executeFromAfar: fail, openSession: fail }
  return refusalBy(database, service, payload, request)
}

const refusalBy = Effect.fnUntraced(function* (
  database: object,
  service: Service.Any,
  payload: unknown,
  request: Asked
) {
  const random = yield* SecureRandom.SecureRandom
  const context = yield* Layer.build(
    DatabaseServices.layer.pipe(Layer.provide(Layer.succeed(Database, database as never)))
  )
  const endpoint = Endpoint.make(service, "a", context as Context.Context<never>, random)
  const codec = SchemaBinary.toCodec(service.payloadSchema) as Schema.Codec<unknown, Uint8Array>
  const body = Schema.encodeSync(codec)(payload)
  const head = { service: service._tag, mode: "typed" } as RequestHead
  const answer = yield* asRequest(request)(endpoint.run(head, body))
  return answer.outcome === "refused" ? answer.refusal : undefined
})

const services = Effect.gen(function* () {
  const { database } = yield* writer()
  const context = yield* Layer.build(
    DatabaseServices.layer.pipe(Layer.provide(Layer.succeed(Database, database)))
  )
  const client = yield* Effect.provideContext(RpcTest.makeClient(DatabaseServices), context)
  return { client, database }
})

interface Reply {
  readonly _id?: string
  readonly next?: string
  readonly version: number
}

/** Calls as `sendDataWithParams` does: text in, parsed JSON out. */
const bytesClient = Effect.map(
  services,
  ({ client }) =>
    (service: Service.Any, data: string, ...params: ReadonlyArray<string>) =>
      Effect.gen(function* () {
        const { bytes } = Service.traits(service)
        const payload = yield* bytes.decode(new TextEncoder().encode(data), params)
        const success = yield* (client as any)[service._tag](payload) as Effect.Effect<unknown>
        return JSON.parse(new TextDecoder().decode(yield* bytes.encode(success))) as Reply
      })
)

/** What is wrong with `data`. */
const issue = (service: Service.Any, data: string, ...params: ReadonlyArray<string>) =>
  Effect.flip(Service.traits(service).bytes.decode(new TextEncoder().encode(data), params))

type Asked = Partial<Context.Service.Shape<typeof CurrentRequest>>

const asRequest = (request: Asked) =>
  Effect.provideService(CurrentRequest, {
    idempotencyKey: undefined,
    seen: 0,
    log: "",
    deadlineMs: Infinity,
    ...request
  })
