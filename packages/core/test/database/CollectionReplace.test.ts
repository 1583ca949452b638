import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { LogIndex } from "@distri/store/value/LogIndex"
import * as Collection from "../../src/database/Collection.ts"
import { raw, started, stored } from "./users.ts"

const Place = Schema.Struct({
  city: Schema.optionalKey(Schema.String),
  zip: Schema.optionalKey(Schema.String)
})

class Places extends Collection.make("users", {
  document: Schema.Struct({ _id: Schema.String, home: Place, work: Schema.optionalKey(Place) })
}) {}

it.effect("an object that a replacement empties keeps what the schema does not know", () =>
  Effect.gen(function* () {
    const { documents } = yield* started
    const places = Collection.over(documents, Places)
    yield* raw(documents, { _id: "a", home: { city: "Rome", later: 1 } })
    const replace = places.replace({ _id: "a", home: {}, work: {} }, { idempotencyKey: "empty" })
    const written = yield* replace
    const now = { _id: "a", home: { later: 1 }, work: {} }
    assert.deepStrictEqual<unknown>(yield* stored(documents, "a"), now)
    assert.deepStrictEqual(yield* replace, written)
    yield* places.replace({ _id: "new", home: {} }, { upsert: true })
    assert.deepStrictEqual(yield* stored(documents, "new"), { _id: "new", home: {} })
  })
)

it.effect("a replacement repairs what is no object where the schema has one", () =>
  Effect.gen(function* () {
    const { documents } = yield* started
    const places = Collection.over(documents, Places)
    const to = { home: { city: "Oslo" }, work: { zip: "1" } }
    const kept = { later: 1 }
    for (const [n, home] of ["text", null, [1], 7].entries()) {
      const _id = `p${n}`
      const { version } = yield* raw(documents, { _id, home, work: { later: 2 }, ...kept })
      const stale = { ifRev: LogIndex.make(version - 1) }
      const mismatch = yield* Effect.flip(places.replace({ _id, ...to }, stale))
      assert.strictEqual(mismatch._tag, "RevisionMismatch")
      const options = { ifRev: version, idempotencyKey: _id }
      const written = yield* places.replace({ _id, ...to }, options)
      const work = { zip: "1", later: 2 }
      assert.deepStrictEqual<unknown>(yield* stored(documents, _id), { _id, ...to, work, ...kept })
      assert.deepStrictEqual(yield* places.replace({ _id, ...to }, options), written)
    }
    yield* raw(documents, { _id: "both", home: "text", work: null })
    yield* places.replace({ _id: "both", ...to })
    assert.deepStrictEqual<unknown>(yield* stored(documents, "both"), { _id: "both", ...to })
    yield* raw(documents, { _id: "batch", home: "text", later: 1 })
    const operation = yield* places.operations.replace({ _id: "batch", ...to })
    const alone = yield* Effect.flip(documents.execute(operation))
    assert.deepInclude(alone, { _tag: "InvalidDocument", path: "home" })
    const unset = { ...operation, set: {}, unset: ["home"] }
    yield* documents.execute({ _tag: "Batch", operations: [unset, operation] })
    assert.deepStrictEqual<unknown>(yield* stored(documents, "batch"), {
      _id: "batch",
      ...to,
      later: 1
    })
    // There is no room in the key for a second update, so it stays with the first.
    yield* raw(documents, { _id: "key", home: "text" })
    const long = { idempotencyKey: "k".repeat(128) }
    const refused = yield* Effect.flip(places.replace({ _id: "key", ...to }, long))
    assert.deepInclude(refused, { _tag: "InvalidDocument", path: "home" })
  })
)
