import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import {
  AddDocument,
  CreateCollection,
  ReadCollection
} from "../../src/service/DatabaseServices.ts"
import { StatsService } from "../../src/service/PublicServices.ts"
import { address, Base, startClient, startNode } from "./cloud.ts"

const ports = [7401, 7402, 7403]
const others = (port: number) => ports.filter((other) => other !== port)
const startThree = Effect.forEach(ports, (port) => startNode(port, others(port)), {
  concurrency: "unbounded"
})
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const json = (reply: Uint8Array) => JSON.parse(new TextDecoder().decode(reply)) as never

describe("a cloud's database", { timeout: 30_000 }, () => {
  it.live("who wrote at one node reads it at every other", () =>
    Effect.gen(function* () {
      yield* startThree
      const client = yield* startClient(ports)
      yield* client.call(CreateCollection, { collection: "catalog" }, { node: address(7403) })
      for (const port of ports) {
        const document = { _id: `from-${port}`, port }
        yield* client.call(
          AddDocument,
          { collection: "catalog", document },
          { node: address(port) }
        )
        for (const other of ports) {
          const filter = { _id: `from-${port}` }
          const read = client.call(
            ReadCollection,
            { query: { collection: "catalog", filter } },
            { node: address(other) }
          )
          assert.deepStrictEqual((yield* read).found[0]?.document, document)
        }
      }
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("takes and gives JSON by bytes, with the collection as a parameter", () =>
    Effect.gen(function* () {
      yield* startThree
      const client = yield* startClient(ports)
      yield* client.sendData(bytes("catalog"), "CreateCollection")
      const added = json(
        yield* client.sendDataWithParams(bytes({ name: "Ada" }), "AddDocument", ["catalog"])
      ) as { _id: string; version: number }
      const { _id } = added
      yield* client.sendDataWithParams(bytes({ _id, name: "Grace" }), "UpdateDocument", ["catalog"])
      const page = json(
        yield* client.sendDataWithParams(bytes({ name: "Grace" }), "ReadCollection", ["catalog"])
      ) as { documents: ReadonlyArray<unknown>; version: number }
      assert.deepStrictEqual(page.documents, [{ _id, name: "Grace" }])
      assert.isAbove(page.version, added.version)
      const deleted = json(
        yield* client.sendDataWithParams(bytes({ _id }), "DeleteDocument", ["catalog"])
      ) as { modified: number }
      assert.strictEqual(deleted.modified, 1)
      yield* client.sendData(bytes("catalog"), "DeleteCollection")
      const gone = client.sendDataWithParams(bytes({}), "ReadCollection", ["catalog"])
      const error = yield* Effect.flip(gone)
      assert.deepInclude(error, { _tag: "ServiceError" })
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("[CL15] a write that is sent twice under one key takes effect once, at any node", () =>
    Effect.gen(function* () {
      yield* startThree
      const client = yield* startClient(ports)
      yield* client.call(CreateCollection, { collection: "catalog" })
      const add = (port: number) =>
        client.call(
          AddDocument,
          { collection: "catalog", document: { name: "once" } },
          { idempotencyKey: "the-same", node: address(port) }
        )
      const replies = yield* Effect.forEach(ports, add, { concurrency: "unbounded" })
      assert.strictEqual(new Set(replies.map(({ _id }) => _id)).size, 1)
      const { found } = yield* client.call(ReadCollection, { query: { collection: "catalog" } })
      assert.strictEqual(found.length, 1)
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("[CL4] all nodes end at the same version and digest, whatever they report", () =>
    Effect.gen(function* () {
      yield* startThree
      const client = yield* startClient(ports)
      yield* client.call(CreateCollection, { collection: "catalog" })
      yield* Effect.forEach(
        Array.from({ length: 60 }, (_, n) => n),
        (n) => client.call(AddDocument, { collection: "catalog", document: { n } }),
        { concurrency: 20 }
      )
      // Each read waits until its node has what the writes above came to.
      for (const port of ports) {
        yield* client.call(
          ReadCollection,
          { query: { collection: "catalog" } },
          { node: address(port) }
        )
      }
      const all = [...(yield* client.collectStats).values()].map(Result.getOrThrow)
      assert.strictEqual(all.length, 3)
      assert.strictEqual(new Set(all.map(({ digest, version }) => `${version} ${digest}`)).size, 1)
      assert.deepInclude(all[0]!.collections[0], { name: "catalog", documents: 60 })
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("a client that saw a cloud's last life reads from its next one", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      yield* Scope.provide(startNode(7401), scope)
      const client = yield* startClient([7401])
      for (const collection of ["a", "b", "c"]) yield* client.call(CreateCollection, { collection })
      yield* Scope.close(scope, Exit.void)
      yield* startNode(7401)
      const created = yield* client.call(CreateCollection, { collection: "d" })
      const query = { collection: "d" }
      const { found, version } = yield* client.call(ReadCollection, {
        query,
        consistency: "session"
      })
      assert.deepStrictEqual(found, [])
      assert.strictEqual(version, created.version)
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("without a leader, reads of what was seen go on, and everything else says why not", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      yield* Effect.all(
        [
          Scope.provide(startNode(7401, [7402], { drainTimeout: 0 }), scope),
          startNode(7402, [7401])
        ],
        { concurrency: 2 }
      )
      const client = yield* startClient([7402])
      yield* client.call(CreateCollection, { collection: "catalog" })
      const here = { node: address(7402), timeout: "3 seconds" } as const
      const query = { collection: "catalog" }
      const read = client.call(ReadCollection, { query, consistency: "session" }, here)
      yield* read
      yield* Scope.close(scope, Exit.void)
      // The one that is left may have been handed the lead, and then notices only later that it is alone.
      yield* Effect.repeat(client.call(StatsService, undefined, here), {
        until: ({ leader }) => leader === undefined,
        schedule: Schedule.spaced("20 millis")
      })
      assert.deepStrictEqual((yield* read).found, [])
      const latest = yield* Effect.flip(client.call(ReadCollection, { query }, here))
      assert.deepInclude(latest, { _tag: "Unavailable", reason: "NoLeader" })
      const document = { name: "lost?" }
      const write = client.call(AddDocument, { collection: "catalog", document }, here)
      const error = yield* Effect.flip(write)
      assert.deepInclude(error, { _tag: "Unavailable", reason: "NoLeader" })
    }).pipe(Effect.scoped, Effect.provide(Base))
  )
})
