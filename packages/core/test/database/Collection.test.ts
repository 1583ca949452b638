import { assert, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { CollectionNotFound } from "@distri/store/command/Refusal"
import type { Fields } from "@distri/store/value/Value"
import * as Collection from "../../src/database/Collection.ts"
import { DocumentDecodeError } from "../../src/database/CollectionError.ts"
import type { Documents } from "../../src/database/Documents.ts"
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
    assert.notInclude(id, "000000")
    assert.notProperty((documents.executed[1] as { document: Fields }).document, "_id")
  })
)

it.effect("what does not fit the schema is refused with its path, and nothing is proposed", () =>
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

it.effect("a stored document that does not fit is an error that names it", () =>
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

it.effect("a watch gives typed documents: those at the start, then what happens", () =>
  Effect.gen(function* () {
    const { users } = yield* started
    yield* users.add({ ...ada, seen: at })
    const watched = yield* users
      .watch({ filter: { age: { $gte: 18 } }, from: "start" })
      .pipe(Stream.take(4), Stream.runCollect, Effect.forkChild({ startImmediately: true }))
    yield* Effect.yieldNow
    yield* users.add({ _id: "bob", name: "Bob", age: 18 })
    yield* users.update("ada", { set: { age: 3 } })
    const events = yield* Fiber.join(watched)
    assert.deepStrictEqual(
      events.map((event) => [event.kind, event.kind === "ready" ? "" : event.id]),
      [
        ["initial", "ada"],
        ["ready", ""],
        ["entered", "bob"],
        ["left", "ada"]
      ]
    )
    const [first, , , last] = events
    assert.isTrue(first?.kind === "initial" && DateTime.isDateTime(first.document.seen))
    assert.isTrue(last?.kind === "left" && DateTime.isDateTime(last.before?.seen))
    assert.isTrue(last?.kind === "left" && last.after?.age === 3)
  })
)

it.effect(
  "a watch fails at what does not fit, and says where to go on; before it may be left out",
  () =>
    Effect.gen(function* () {
      const { documents, users } = yield* started
      yield* raw(documents, { _id: "x", name: 3, age: 1, role: "x" })
      const watched = yield* users.watch().pipe(
        Stream.runForEach((event) => Effect.sync(() => events.push(event))),
        Effect.flip,
        Effect.forkChild({ startImmediately: true })
      )
      const events: Array<unknown> = []
      yield* Effect.yieldNow
      yield* users.update("x", { set: { name: "fits" } })
      yield* raw(documents, { _id: "y", name: 3, age: 1, role: "x" })
      const error = yield* Fiber.join(watched)
      assert.deepInclude(error, { _tag: "DocumentDecodeError", id: "y" })
      assert.strictEqual("resume" in error && error.resume, "token")
      assert.lengthOf(events, 1)
      assert.notProperty(events[0], "before")
      assert.deepInclude(events[0] as object, { kind: "changed", id: "x" })
    })
)
