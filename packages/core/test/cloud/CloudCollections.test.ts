import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Fields } from "@distri/store/value/Value"
import * as Collection from "../../src/database/Collection.ts"
import type { ResumeToken } from "../../src/database/Documents.ts"
import { AddDocument, DeleteDocument } from "../../src/service/DatabaseServices.ts"
import { Base, startClient, startNode } from "./cloud.ts"

class Users extends Collection.make("users", {
  document: Schema.Struct({
    _id: Schema.String,
    name: Schema.String,
    age: Schema.Int,
    joined: Schema.Date,
    photo: Schema.optionalKey(Schema.Uint8Array)
  }),
  indexes: [{ name: "age", keys: ["age"] }]
}) {}

const ports = [7501, 7502, 7503]
const others = (port: number) => ports.filter((other) => other !== port)
const startThree = Effect.forEach(
  ports,
  (port) => startNode(port, others(port), { collections: [Users] }),
  { concurrency: "unbounded" }
)
// oxlint-disable-next-line eslint/no-restricted-globals -- a value, not a clock
const joined = new Date(1_700_000_000_000)
const user = (at: number) => ({
  _id: `user-${String(at).padStart(4, "0")}`,
  name: `name ${at}`,
  age: at % 50,
  joined
})

/** The nodes create their collections in the background. */
const offered = <A, E>(self: Effect.Effect<A, E>) =>
  Effect.retry(self, Schedule.spaced("10 millis"))

describe("typed collections of a cloud", { timeout: 30_000 }, () => {
  it.live("[DB21] nodes create what they offer, and clients of any node share it", () =>
    Effect.gen(function* () {
      yield* startThree
      const first = (yield* startClient([7501])).collection(Users)
      const last = (yield* startClient([7503])).collection(Users)
      assert.strictEqual(yield* offered(first.count()), 0)
      assert.strictEqual(yield* first.addAll(Array.from({ length: 250 }, (_, at) => user(at))), 250)
      assert.strictEqual(yield* last.count(), 250)
      assert.strictEqual(yield* last.count({ age: { $gte: 45 } }), 25)
      const explained = yield* last.explain({ filter: { age: 7 } })
      assert.deepInclude(explained, { _tag: "Index", index: "age", scanned: 5, matched: 5 })

      const photo = Uint8Array.of(0, 255, 7)
      const { id } = yield* last.add({ name: "Ada", age: 36, joined, photo })
      const found = Option.getOrThrow(yield* first.get(id))
      assert.deepStrictEqual(found.document, { _id: id, name: "Ada", age: 36, joined, photo })
      yield* first.update(id, { inc: { age: 1 } }, { ifRev: found.rev })
      const stale = yield* Effect.flip(last.update(id, { inc: { age: 1 } }, { ifRev: found.rev }))
      assert.strictEqual(stale._tag, "RevisionMismatch")
      assert.strictEqual(Option.getOrThrow(yield* last.get(id)).document.age, 37)
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("[DB19] the pages of a snapshot come from the node that keeps it", () =>
    Effect.gen(function* () {
      yield* startThree
      const users = (yield* startClient(ports)).collection(Users)
      yield* offered(users.count())
      yield* users.addAll(Array.from({ length: 100 }, (_, at) => user(at)))
      const found = yield* users.stream({}, { mode: "snapshot", limit: 7 }).pipe(
        Stream.tap(({ document }) => users.update(document["_id"], { set: { name: "changed" } })),
        Stream.runCollect
      )
      assert.deepStrictEqual(
        found.map(({ document }) => document),
        Array.from({ length: 100 }, (_, at) => user(at))
      )
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("[ST16] a watcher that starts again from its token misses nothing", () =>
    Effect.gen(function* () {
      yield* startThree
      const writer = (yield* startClient([7501])).collection(Users)
      yield* offered(writer.count())
      yield* writer.addAll(Array.from({ length: 20 }, (_, at) => user(at)))
      const watcher = (yield* startClient([7502, 7503])).collection(Users)
      const held = new Map<string, string>()
      const tokens: Array<ResumeToken> = []
      const follow = (from: "start" | ResumeToken, events: number) =>
        watcher.watch({ from }).pipe(
          Stream.take(events),
          Stream.runForEach((event) =>
            Effect.sync(() => {
              if (event.kind === "initial") held.set(event.id, event.document.name)
              else {
                tokens.push(event.token)
                if (event.kind !== "ready") {
                  if (event.after === undefined) held.delete(event.id)
                  else held.set(event.id, event.after.name)
                }
              }
            })
          )
        )
      yield* follow("start", 21)
      assert.strictEqual(held.size, 20)
      const watching = yield* Effect.forkChild(follow(tokens.at(-1)!, 10))
      for (let at = 0; at < 10; at += 1)
        yield* writer.update(user(at)._id, { set: { name: "first" } })
      yield* Fiber.join(watching)
      // While nobody watches.
      for (let at = 5; at < 15; at += 1) yield* writer.delete(user(at)._id)
      yield* follow(tokens.at(-1)!, 10)
      const { found } = yield* writer.read()
      assert.deepStrictEqual(
        held,
        new Map(found.map(({ document }) => [document["_id"], document.name]))
      )
      assert.strictEqual(new Set(tokens).size, tokens.length)
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("[DB11] what would be lost on the way is refused as a node refuses it", () =>
    Effect.gen(function* () {
      yield* startNode(7501)
      const { call, documents } = yield* startClient([7501])
      yield* documents.execute({ _tag: "CreateCollection", collection: "a" })
      for (const n of [1, 2, 3])
        yield* documents.execute({ _tag: "AddDocument", collection: "a", document: { n } })
      const cyclic: Record<string, unknown> = {}
      cyclic["self"] = cyclic
      const filters: ReadonlyArray<unknown> = [
        { n: undefined },
        { n: 0 / 0 },
        { n: () => 1 },
        { n: { $in: [undefined] } },
        { n: 1n },
        { n: new Map() },
        cyclic
      ]
      for (const filter of filters as ReadonlyArray<Fields>) {
        const operation = { _tag: "DeleteDocuments", collection: "a", filter } as const
        const deleting = documents.execute(operation)
        assert.strictEqual((yield* Effect.flip(deleting))._tag, "FilterError")
        const reading = documents.read({ collection: "a", filter })
        assert.strictEqual((yield* Effect.flip(reading))._tag, "FilterError")
        const counting = documents.count("a", filter)
        assert.strictEqual((yield* Effect.flip(counting))._tag, "FilterError")
        const direct = call(DeleteDocument, { collection: "a", filter })
        assert.strictEqual((yield* Effect.flip(direct))._tag, "InvalidPayload")
      }
      for (const value of [NaN, Infinity, new Map(), [undefined], 1n, cyclic, () => 1]) {
        const document = { _id: "x", value } as never
        const adding = documents.execute({ _tag: "AddDocument", collection: "a", document })
        assert.strictEqual((yield* Effect.flip(adding))._tag, "InvalidDocument")
        const direct = call(AddDocument, { collection: "a", document })
        assert.strictEqual((yield* Effect.flip(direct))._tag, "InvalidPayload")
      }
      assert.strictEqual(yield* documents.count("a"), 3)
    }).pipe(Effect.scoped, Effect.provide(Base))
  )
})
