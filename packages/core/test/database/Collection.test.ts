import { assert, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { CollectionNotFound } from "@distri/store/command/Refusal"
import { LogIndex } from "@distri/store/value/LogIndex"
import type { Fields } from "@distri/store/value/Value"
import * as Collection from "../../src/database/Collection.ts"
import { DocumentDecodeError } from "../../src/database/CollectionError.ts"
import {
  type ChangeEvent,
  type Documents,
  ResumeToken,
  type WatchSpec
} from "../../src/database/Documents.ts"
import { ada, at, raw, started, stored, Users } from "./users.ts"

it.effect("a document that was added is read as it was", () =>
  Effect.gen(function* () {
    const { users } = yield* started
    const document = {
      ...ada,
      role: "admin",
      joined: DateTime.toDateUtc(at),
      seen: at,
      key: new Uint8Array([1, 2]),
      address: { city: "London" }
    }
    const { id, version } = yield* users.add(document)
    assert.strictEqual(id, "ada")
    assert.deepStrictEqual(yield* users.get("ada"), Option.some({ document, rev: version }))
    assert.deepStrictEqual(yield* users.get("bob"), Option.none())
  })
)

it.effect("dates are stored as dates, bytes as bytes, and defaults are stored too", () =>
  Effect.gen(function* () {
    const { documents, users } = yield* started
    const joined = DateTime.toDateUtc(at)
    yield* users.add({ ...ada, joined, seen: at, key: new Uint8Array([1]), tags: undefined })
    assert.deepStrictEqual<unknown>(yield* stored(documents, "ada"), {
      ...ada,
      role: "member",
      joined,
      seen: joined,
      key: new Uint8Array([1])
    })
    assert.strictEqual(yield* users.count({ seen: { $gte: joined } }), 1)
    assert.strictEqual(yield* users.count({ seen: { $gt: joined } }), 0)
  })
)

it.effect("a document without an _id gets one, and the answer says which", () =>
  Effect.gen(function* () {
    const { documents, users } = yield* started
    const { id } = yield* users.add({ name: "Bob", age: 1 })
    assert.strictEqual((yield* stored(documents, id))["name"], "Bob")
    assert.notStrictEqual(id, "0".repeat(26))
    assert.notProperty((documents.executed[1] as { document: Fields }).document, "_id")
  })
)

it.effect("a repeat under a key needs values for defaults that vary, and the error says so", () =>
  Effect.gen(function* () {
    const { documents } = yield* started
    let made = 0
    class Notes extends Collection.make("notes", {
      document: Schema.Struct({
        _id: Schema.String,
        made: Schema.Int.pipe(Schema.withConstructorDefault(Effect.sync(() => (made += 1))))
      })
    }) {}
    const notes = Collection.over(documents, Notes)
    yield* notes.create
    const first = yield* notes.add({ made: 7 }, { idempotencyKey: "same" })
    assert.deepStrictEqual(yield* notes.add({ made: 7 }, { idempotencyKey: "same" }), first)
    yield* notes.add({}, { idempotencyKey: "varies" })
    const reused = yield* Effect.flip(notes.add({}, { idempotencyKey: "varies" }))
    assert.strictEqual(reused._tag, "IdempotencyKeyReused")
    assert.include(reused.message, "the same values for defaults")
  })
)

it.effect(
  "[DB22] what does not fit the schema is refused with its path, and nothing is proposed",
  () =>
    Effect.gen(function* () {
      const { documents, users } = yield* started
      const before = documents.executed.length
      const refused = [
        yield* Effect.flip(users.add({ ...ada, age: -1 })),
        yield* Effect.flip(users.add({ ...ada, address: { city: 3 as never } })),
        yield* Effect.flip(users.replace({ ...ada, tags: ["a", 3 as never] })),
        yield* Effect.flip(users.update("ada", { set: { age: -1 } })),
        yield* Effect.flip(users.update("ada", { set: { "address.city": 3 as never } })),
        yield* Effect.flip(users.update("ada", { set: { tags: ["a", 3 as never] } })),
        yield* Effect.flip(users.update("new", { set: { age: 3 } }, { upsert: true })),
        yield* Effect.flip(users.operations.add({ ...ada, age: 0.5 }))
      ]
      const paths = [
        "age",
        "address.city",
        "tags[1]",
        "age",
        "address.city",
        "tags[1]",
        "name",
        "age"
      ]
      assert.deepStrictEqual(
        refused.map((error) => error._tag === "InvalidDocument" && error.path),
        paths
      )
      assert.strictEqual(documents.executed.length, before)
    })
)

it.effect("creating twice does nothing, and adds the indexes that are missing", () =>
  Effect.gen(function* () {
    const { documents, users } = yield* started
    yield* users.add(ada)
    yield* users.create
    class Later extends Collection.make("users", {
      document: Users.document,
      indexes: [
        { name: "age", keys: ["age"] },
        { name: "city", keys: ["address.city"] }
      ]
    }) {}
    const later = Collection.over(documents, Later)
    assert.strictEqual((yield* later.explain({ filter: { "address.city": "Rome" } }))._tag, "Scan")
    yield* later.create
    const plan = yield* later.explain({ filter: { "address.city": "Rome" } })
    assert.deepInclude(plan, { _tag: "Index", index: "city" })
    assert.strictEqual(yield* users.count(), 1)
    yield* users.drop
    assert.strictEqual((yield* Effect.flip(users.count()))._tag, "CollectionNotFound")
    assert.strictEqual((yield* Effect.flip(users.drop))._tag, "CollectionNotFound")
  })
)

it.effect("a failure to create is told", () =>
  Effect.gen(function* () {
    const { documents } = yield* started
    const failing: Documents = {
      ...documents,
      execute: (operation) =>
        operation._tag === "CreateIndex"
          ? Effect.fail(new CollectionNotFound({ collection: "users" }))
          : documents.execute(operation)
    }
    const error = yield* Effect.flip(Collection.over(failing, Users).create)
    assert.strictEqual(error._tag, "CollectionNotFound")
  })
)

it.effect("an update changes what it names, and leaves what the schema does not know", () =>
  Effect.gen(function* () {
    const { documents, users } = yield* started
    yield* raw(documents, { ...ada, role: "x", later: 1, address: { city: "Rome", later: 2 } })
    const { version } = yield* users.update("ada", {
      set: { "address.city": "Paris" },
      inc: { age: 1 },
      unset: ["address.zip"]
    })
    assert.deepStrictEqual<unknown>(yield* stored(documents, "ada"), {
      ...ada,
      age: 37,
      role: "x",
      later: 1,
      address: { city: "Paris", later: 2 }
    })
    const stale = yield* Effect.flip(
      users.update("ada", { inc: { age: 1 } }, { ifRev: (version - 1) as never })
    )
    assert.strictEqual(stale._tag, "RevisionMismatch")
    yield* users.update("ada", { inc: { age: 1 } }, { ifRev: version })
    assert.strictEqual((yield* stored(documents, "ada"))["age"], 38)
  })
)

it.effect("an update may add the document, if what it sets is one", () =>
  Effect.gen(function* () {
    const { users } = yield* started
    yield* users.update(
      "bob",
      { set: { name: "Bob", role: "x", "address.city": "Rome" }, inc: { age: 2 } },
      { upsert: true }
    )
    const { document } = Option.getOrThrow(yield* users.get("bob"))
    assert.deepStrictEqual<unknown>(document, {
      _id: "bob",
      name: "Bob",
      age: 2,
      role: "x",
      address: { city: "Rome" }
    })
    const missing = yield* Effect.flip(users.update("eve", { inc: { age: 1 } }))
    assert.strictEqual(missing._tag, "DocumentNotFound")
  })
)

it.effect("a document that is read, changed and replaced keeps what the schema does not know", () =>
  Effect.gen(function* () {
    const { documents, users } = yield* started
    const address = { city: "Rome", zip: "1", later: { deep: [1] } }
    yield* raw(documents, { ...ada, role: "x", later: 1, tags: ["a"], address })
    const { document, rev } = Option.getOrThrow(yield* users.get("ada"))
    assert.notProperty(document, "later")
    const { tags: _, ...rest } = document
    yield* users.replace({ ...rest, age: 37, address: { city: "Paris" } }, { ifRev: rev })
    assert.deepStrictEqual<unknown>(yield* stored(documents, "ada"), {
      ...ada,
      role: "x",
      later: 1,
      age: 37,
      address: { city: "Paris", later: { deep: [1] } }
    })
    yield* users.replace({ ...ada, role: "y" })
    assert.deepStrictEqual<unknown>(yield* stored(documents, "ada"), {
      ...ada,
      role: "y",
      later: 1
    })
  })
)

it.effect("a replacement adds the document only if asked to", () =>
  Effect.gen(function* () {
    const { documents, users } = yield* started
    const missing = yield* Effect.flip(users.replace(ada))
    assert.strictEqual(missing._tag, "DocumentNotFound")
    yield* users.replace({ ...ada, address: { city: "Rome" } }, { upsert: true })
    assert.deepStrictEqual<unknown>(yield* stored(documents, "ada"), {
      ...ada,
      role: "member",
      address: { city: "Rome" }
    })
  })
)

it.effect("pages and the stream of all pages give every match in order", () =>
  Effect.gen(function* () {
    const { users } = yield* started
    for (let age = 0; age < 7; age += 1) yield* users.add({ name: `u${age}`, age })
    const query = { filter: { age: { $gt: 0 } }, sort: [["age", -1]] } as const
    const page = yield* users.read(query, { limit: 2 })
    assert.deepStrictEqual(
      page.found.map(({ document }) => document.age),
      [6, 5]
    )
    const second = yield* users.read(query, { limit: 2, cursor: page.next })
    assert.deepStrictEqual(
      second.found.map(({ document }) => document.age),
      [4, 3]
    )
    const all = yield* Stream.runCollect(users.stream(query, { limit: 2 }))
    assert.deepStrictEqual(
      all.map(({ document }) => document.age),
      [6, 5, 4, 3, 2, 1]
    )
    assert.strictEqual(yield* users.count({ age: { $lt: 3 } }), 3)
    assert.strictEqual(yield* users.count(), 7)
    assert.strictEqual((yield* users.explain(query)).index, "age")
  })
)

it.effect("deleting one, some and all matches", () =>
  Effect.gen(function* () {
    const { users } = yield* started
    yield* users.addAll([1, 2, 3, 4].map((age) => ({ _id: `u${age}`, name: `u${age}`, age })))
    yield* users.delete("u1")
    assert.strictEqual((yield* Effect.flip(users.delete("u1")))._tag, "DocumentNotFound")
    assert.strictEqual((yield* users.deleteAll({ age: { $gt: 1 } }, { limit: 1 })).modified, 1)
    assert.deepStrictEqual(yield* users.get("u2"), Option.none())
    assert.strictEqual((yield* users.deleteAll({})).modified, 2)
  })
)

it.effect("[DB22] a stored document that does not fit is an error that names it", () =>
  Effect.gen(function* () {
    const { documents, users } = yield* started
    const { version } = yield* raw(documents, { _id: "x", name: 3, age: 1, role: "x" })
    const errors = [
      yield* Effect.flip(users.get("x")),
      yield* Effect.flip(users.read()),
      yield* Effect.flip(Stream.runDrain(users.stream()))
    ]
    for (const error of errors) {
      assert.instanceOf(error, DocumentDecodeError)
      assert.deepInclude(error, { collection: "users", id: "x", version })
      assert.include(error.message, "name")
    }
    assert.strictEqual((yield* stored(documents, "x"))["name"], 3)
  })
)

it.effect("operations of several collections are one batch, all or nothing", () =>
  Effect.gen(function* () {
    const { documents, users } = yield* started
    class Notes extends Collection.make("notes", {
      document: Schema.Struct({ _id: Schema.String, text: Schema.String })
    }) {}
    const notes = Collection.over(documents, Notes)
    yield* notes.create
    yield* users.add(ada)
    const operations = yield* Effect.all([
      notes.operations.add({ _id: "n", text: "hello" }),
      users.operations.update("ada", { inc: { age: 1 } }),
      notes.operations.replace({ _id: "n", text: "bye" }),
      notes.operations.deleteAll({ text: "hello" }),
      users.operations.delete("bob")
    ])
    const refused = yield* Effect.flip(documents.execute({ _tag: "Batch", operations }))
    assert.deepInclude(refused, { _tag: "BatchRefused", position: 4 })
    assert.strictEqual(yield* notes.count(), 0)
    yield* documents.execute({ _tag: "Batch", operations: operations.slice(0, 4) })
    assert.deepStrictEqual(Option.getOrThrow(yield* notes.get("n")).document.text, "bye")
    assert.strictEqual(Option.getOrThrow(yield* users.get("ada")).document.age, 37)
  })
)

/** A watch that tells what is given here. */
const telling = Effect.fnUntraced(function* (events: ReadonlyArray<ChangeEvent>) {
  const { documents } = yield* started
  const asked: Array<WatchSpec> = []
  const watch: Documents["watch"] = (spec) => {
    asked.push(spec)
    return Stream.fromIterable(events)
  }
  return { asked, users: Collection.over({ ...documents, watch }, Users) }
})

const token = ResumeToken.make("token")
const version = LogIndex.make(7)
const typed = { ...ada, role: "x", seen: at }
const whole = { ...ada, role: "x", seen: DateTime.toDateUtc(at) }

it.effect("a watch gives typed documents: those at the start, then what happens", () =>
  Effect.gen(function* () {
    const change = { cause: "updated", id: "ada", version, token } as const
    const { asked, users } = yield* telling([
      { kind: "initial", id: "ada", document: whole, rev: version },
      { kind: "ready", token },
      { ...change, kind: "entered", cause: "added", after: whole },
      { ...change, kind: "changed", before: whole, after: { ...whole, age: 37 } },
      { ...change, kind: "left", cause: "deleted", before: whole }
    ])
    const filter = { age: { $gte: 18 } }
    const events = yield* Stream.runCollect(users.watch({ filter, from: "start" }))
    assert.deepStrictEqual(events, [
      { kind: "initial", id: "ada", document: typed, rev: version },
      { kind: "ready", token },
      { ...change, kind: "entered", cause: "added", after: typed },
      { ...change, kind: "changed", before: typed, after: { ...typed, age: 37 } },
      { ...change, kind: "left", cause: "deleted", before: typed }
    ])
    assert.deepStrictEqual(asked, [{ collection: "users", filter, from: "start" }])
  })
)

it.effect("a watch fails at what does not fit, and says where to go on; before is left out", () =>
  Effect.gen(function* () {
    const change = { kind: "changed", cause: "updated", id: "ada", version, token } as const
    const { users } = yield* telling([
      { ...change, before: { ...whole, name: 3 }, after: whole },
      { ...change, before: whole, after: { ...whole, name: 3 } }
    ])
    const events: Array<unknown> = []
    const error = yield* users.watch().pipe(
      Stream.runForEach((event) => Effect.sync(() => events.push(event))),
      Effect.flip
    )
    assert.instanceOf(error, DocumentDecodeError)
    assert.deepInclude(error, { collection: "users", id: "ada", version, resume: token })
    assert.deepStrictEqual(events, [{ ...change, after: typed }])
  })
)

it.effect("a watch that skips what does not fit logs it, and goes on", () =>
  Effect.gen(function* () {
    const bad = { ...whole, name: 3 }
    const change = { kind: "changed", cause: "updated", id: "ada", version, token } as const
    const initial = { kind: "initial", id: "ada", rev: version } as const
    const { users } = yield* telling([
      { ...initial, document: bad },
      { ...initial, document: whole },
      { ...change, before: whole, after: bad },
      { ...change, kind: "left", before: whole, after: bad },
      { ...change, before: bad, after: whole }
    ])
    const logged: Array<unknown> = []
    const logger = Logger.make(({ logLevel, message }) => logged.push([logLevel, message]))
    const watch = users.watch({ from: "start", onUndecodable: "skip" })
    const events = yield* Stream.runCollect(watch).pipe(Effect.provide(Logger.layer([logger])))
    assert.deepStrictEqual<unknown>(events, [
      { ...initial, document: typed },
      { ...change, kind: "left", before: typed },
      { ...change, after: typed }
    ])
    assert.strictEqual(logged.length, 3)
    assert.include(JSON.stringify(logged[0]), "ada")
    const error = yield* Effect.flip(Stream.runDrain(users.watch({ from: "start" })))
    assert.instanceOf(error, DocumentDecodeError)
    assert.isUndefined(error.resume)
  })
)
