/** Schemas of every kind, and whatever documents they have. */
import { assert, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as SchemaGetter from "effect/SchemaGetter"
import * as Canonical from "@distri/store/value/Canonical"
import * as Collection from "../../src/database/Collection.ts"
import { recorded, started, stored, Users } from "./users.ts"

class Place extends Schema.Class<Place>("Place")({
  _id: Schema.String,
  name: Schema.String,
  area: Schema.optionalKey(Schema.FiniteFromString)
}) {
  get title() {
    return `the ${this.name}`
  }
}

it.effect("documents may be of a class", () =>
  Effect.gen(function* () {
    class Places extends Collection.make("places", {
      document: Place,
      indexes: [{ name: "area", keys: ["area"] }]
    }) {}
    const documents = yield* recorded
    const places = Collection.over(documents, Places)
    yield* places.create
    const { id } = yield* places.add({ name: "Louvre", area: 3 })
    const { document } = Option.getOrThrow(yield* places.get(id))
    assert.instanceOf(document, Place)
    assert.strictEqual(document.title, "the Louvre")
    yield* places.update(id, { set: { area: "4" } })
    const wrong = yield* Effect.flip(places.update(id, { set: { area: "four" } }))
    assert.deepInclude(wrong, { _tag: "InvalidDocument", path: "area" })
    yield* places.replace(new Place({ ...document, name: "Tate" }))
    const [found] = (yield* places.read({ filter: { area: "3" } })).found
    assert.deepStrictEqual(found?.document, new Place({ _id: id, name: "Tate", area: 3 }))
  })
)

it.effect("documents may be of a union, and a replacement may change which", () =>
  Effect.gen(function* () {
    class Shapes extends Collection.make("shapes", {
      document: Schema.Union([
        Schema.TaggedStruct("Circle", { _id: Schema.String, radius: Schema.Number }),
        Schema.TaggedStruct("Square", { _id: Schema.String, side: Schema.Number })
      ])
    }) {}
    const documents = yield* recorded
    const shapes = Collection.over(documents, Shapes)
    yield* shapes.create
    yield* shapes.add({ _tag: "Circle", _id: "a", radius: 3 })
    yield* shapes.replace({ _tag: "Square", _id: "a", side: 2 })
    const { document } = Option.getOrThrow(yield* shapes.get("a"))
    assert.deepStrictEqual(document, { _tag: "Square", _id: "a", side: 2 })
    assert.deepStrictEqual(
      yield* documents.get("shapes", "a").pipe(Effect.map(Option.getOrThrow)),
      {
        document: { _tag: "Square", _id: "a", side: 2 },
        rev: (yield* shapes.read()).version
      }
    )
  })
)

it.effect("an _id is stored as it is", () =>
  Effect.gen(function* () {
    class Odd extends Collection.make("odd", {
      document: Schema.Struct({ _id: Schema.Trim })
    }) {}
    const documents = yield* recorded
    const odd = Collection.over(documents, Odd)
    yield* odd.create
    yield* odd.add({ _id: "a" })
    class Upper extends Collection.make("upper", {
      document: Schema.Struct({
        _id: Schema.String.pipe(Schema.encodeTo(Schema.String, lower))
      })
    }) {}
    const upper = Collection.over(documents, Upper)
    const refused = yield* Effect.flip(upper.add({ _id: "A" }))
    assert.deepInclude(refused, { _tag: "InvalidDocument", path: "_id" })
  })
)

const lower = {
  decode: SchemaGetter.toUpperCase<string>(),
  encode: SchemaGetter.toLowerCase<string>()
}

it.effect.prop(
  "any document of the schema comes back as it was",
  { document: Collection.arbitrary(Users) },
  ({ document }) =>
    Effect.gen(function* () {
      const { documents, users } = yield* started
      yield* users.add(document)
      const { document: read, rev } = Option.getOrThrow(yield* users.get(document["_id"]))
      assert.deepStrictEqual(normal(read), normal(document))
      const before = yield* stored(documents, document["_id"])
      const again = yield* users.replace(read, { ifRev: rev })
      assert.strictEqual(again.modified, 0)
      assert.deepStrictEqual(yield* stored(documents, document["_id"]), before)
    }),
  { arbitrary: { runs: Number(process.env["RUNS"] ?? 40) } }
)

/** Without what is not stored: a zero's sign, and fields that are undefined. */
const normal = (document: Collection.Type<typeof Users>) => {
  const { tags, ...rest } = document
  return { ...rest, age: document.age + 0, ...(tags === undefined ? {} : { tags }) }
}

it.effect("documents for property tests can all be stored", () =>
  Effect.gen(function* () {
    class Loose extends Collection.make("loose", {
      document: Schema.Struct({
        _id: Schema.String,
        map: Schema.Record(Schema.String, Schema.Number)
      })
    }) {}
    const samples = yield* Arbitrary.sampleEffect(Collection.arbitrary(Loose), { count: 100 })
    assert.lengthOf(samples, 100)
    for (const sample of samples) {
      assert.isTrue(Canonical.isId(sample["_id"]))
      assert.strictEqual(Canonical.of(sample)._tag, "Canonical")
    }
  })
)
