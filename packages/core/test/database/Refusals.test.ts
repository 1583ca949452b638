import { assert, it } from "@effect/vitest"
import type { UserOperation } from "@distri/store/command/Command"
import type { Fields } from "@distri/store/value/Value"
import * as Effect from "effect/Effect"
import { writer } from "./nodes.ts"

const create: UserOperation = { _tag: "CreateCollection", collection: "a" }
const add = (document: Fields): UserOperation => ({
  _tag: "AddDocument",
  collection: "a",
  document
})

it.effect("[DB11] an invalid write is refused and never appended", () =>
  Effect.gen(function* () {
    const { database, log } = yield* writer()
    yield* database.documents.execute(create)
    const deep = JSON.parse(`{"_id":"1","d":${"[".repeat(100)}${"]".repeat(100)}}`)
    const documents: Array<Fields> = [
      { _id: "" },
      { _id: "x".repeat(129) },
      { _id: 1 },
      { _id: "1", n: Infinity },
      { _id: "1", s: "\ud800" },
      { _id: "1", list: [undefined as never] },
      { _id: "1", at: new Map() as never },
      { _id: "1", text: "x".repeat(512 * 1024) },
      JSON.parse(`{"_id":"1","a":{"__proto__":{}}}`),
      deep
    ]
    for (const document of documents) {
      const error = yield* Effect.flip(
        database.documents.execute({ _tag: "AddDocument", collection: "a", document })
      )
      const large = String(document["text"] ?? "").length > 1000
      assert.strictEqual(error._tag, large ? "DocumentTooLarge" : "InvalidDocument")
    }
    const operations: Array<UserOperation> = [
      { _tag: "CreateCollection", collection: "_system" },
      { _tag: "CreateCollection", collection: "" },
      { _tag: "CreateCollection", collection: "x".repeat(65) },
      { _tag: "DeleteDocuments", collection: "a", filter: { age: { $above: 1 } } },
      { _tag: "DeleteDocuments", collection: "a", filter: { text: "x".repeat(20_000) } }
    ]
    const before = yield* log.barrier
    for (const op of operations) {
      const { _tag } = yield* Effect.flip(database.documents.execute(op))
      assert.strictEqual(_tag, "filter" in op ? "FilterError" : "InvalidCommand")
    }
    const key = yield* Effect.flip(database.documents.execute(create, { idempotencyKey: "" }))
    assert.strictEqual(key._tag, "InvalidCommand")
    assert.strictEqual(yield* log.barrier, before)
  })
)

it.effect.each(["", "x".repeat(129), "é".repeat(65), "\ud800"])(
  "[DB11] a session under an id that is none is refused and never appended: %j",
  (id) =>
    Effect.gen(function* () {
      const { database, log } = yield* writer()
      const before = yield* log.barrier
      const refused = yield* Effect.flip(database.openSession(id))
      assert.deepInclude(refused, { _tag: "InvalidCommand", path: "session" })
      assert.strictEqual(yield* log.barrier, before)
    })
)

it.effect("[DB11] [ST13] what no node could read back is refused, and stops nobody", () =>
  Effect.gen(function* () {
    const { database } = yield* writer()
    yield* database.documents.execute(create)
    const operations: ReadonlyArray<object> = [
      { _tag: "DeleteDocuments", collection: "a", filter: {}, limit: 2.5 },
      { _tag: "DeleteDocuments", collection: "a", filter: {}, limit: -1 },
      { _tag: "DeleteDocument", collection: "a", id: "x", ifRev: 1.5 },
      { _tag: "DeleteCollection", collection: "a", note: "x" },
      { _tag: "UpdateDocument", collection: "a", id: "x", set: { n: 1 }, upsert: null },
      { _tag: "Explode", collection: "a" }
    ]
    for (const operation of operations) {
      const refused = yield* Effect.flip(database.documents.execute(operation as UserOperation))
      assert.strictEqual(refused._tag, "InvalidCommand")
    }
    yield* database.documents.execute(add({ _id: "1" }))
  })
)

it.effect("[DB11] a deepest and a largest document are taken", () =>
  Effect.gen(function* () {
    const { database } = yield* writer()
    yield* database.documents.execute(create)
    const deep = JSON.parse(`{"_id":"deep","d":${"[".repeat(99)}${"]".repeat(99)}}`)
    yield* database.documents.execute(add(deep))
    const frame = `{"_id":"large","text":""}`.length
    yield* database.documents.execute(add({ _id: "large", text: "x".repeat(512 * 1024 - frame) }))
    assert.strictEqual(yield* database.documents.count("a"), 2)
  })
)
