/** What the types of a collection let through, and what they stop. Most of it is never run. */
import { assert, it } from "@effect/vitest"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Written } from "@distri/store/command/Result"
import type { LogIndex } from "@distri/store/value/LogIndex"
import * as Collection from "../../src/database/Collection.ts"
import type { DocumentDecodeError } from "../../src/database/CollectionError.ts"
import type { ReadError, WriteError } from "../../src/database/DatabaseError.ts"
import type { Documents, Found } from "../../src/database/Documents.ts"

const UserId = Schema.String.pipe(Schema.brand("UserId"))

class Users extends Collection.make("users", {
  document: Schema.Struct({
    _id: UserId,
    name: Schema.String,
    age: Schema.Int,
    nickname: Schema.optionalKey(Schema.String),
    note: Schema.optional(Schema.String),
    role: Schema.Literals(["admin", "member"]).pipe(
      Schema.withConstructorDefault(Effect.succeed("member" as const))
    ),
    joined: Schema.Date,
    seen: Schema.DateTimeUtcFromDate,
    ends: Schema.NullOr(Schema.Date),
    address: Schema.Struct({ city: Schema.String, zip: Schema.optionalKey(Schema.String) }),
    lines: Schema.Array(Schema.Struct({ amount: Schema.Number, text: Schema.String })),
    counts: Schema.Record(Schema.String, Schema.Number),
    picture: Schema.Uint8Array
  }),
  indexes: [
    { name: "age", keys: ["age"] },
    { name: "city", keys: ["address.city", "joined"], unique: true },
    { name: "lines", keys: ["lines.amount"] }
  ],
  expires: "ends"
}) {}

type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
const holds = <_ extends true>() => {}

declare const documents: Documents<"offline">
declare const id: typeof UserId.Type
declare const rev: LogIndex
declare const written: typeof Users.document.Type

it("the names of a collection are those of its definition", () => {
  assert.strictEqual(Users.collection, "users")
  assert.deepStrictEqual(
    Users.indexes.map(({ keys }) => keys),
    [["age"], ["address.city", "joined"], ["lines.amount"]]
  )
  assert.strictEqual(Users.expires, "ends")
})

it("wrong names and types do not compile", () => {
  assert.isFunction(inference)
  assert.isFunction(filters)
  assert.isFunction(updates)
  assert.isFunction(additions)
  assert.isFunction(definitions)
  assert.isFunction(unions)
})

const inference = () => {
  const users = Collection.over(documents, Users)
  const found = users.get(id)
  type User = Collection.Type<typeof Users>
  holds<
    Equal<
      typeof found,
      Effect.Effect<Option.Option<Found<User>>, ReadError | DocumentDecodeError | "offline">
    >
  >()
  const added = users.update(id, { inc: { age: 1 } })
  holds<Equal<typeof added, Effect.Effect<Written, WriteError | "offline">>>()
  holds<Equal<User["seen"], DateTime.Utc>>()
  holds<Equal<Collection.Encoded<typeof Users>["seen"], Date>>()
  holds<Equal<Effect.Success<ReturnType<typeof users.add>>["id"], typeof UserId.Type>>()
  const client: Collection.Client<typeof Users, "offline"> = users
  // @ts-expect-error -- the id has a brand
  void users.get("ada")
  return client
}

const filters = () => {
  const users = Collection.over(documents, Users)
  void users.read({
    filter: {
      age: { $gte: 18, $lt: 65 },
      role: "admin",
      joined: { $gt: written.joined },
      seen: { $gt: written.joined },
      "address.city": { $in: ["Paris", "Rome"] },
      "lines.amount": { $gt: 3 },
      nickname: { $exists: true },
      $or: [{ name: "Ada" }, { name: { $prefix: "B" } }]
    },
    sort: [
      ["age", -1],
      ["address.city", 1]
    ]
  })
  void users.count({ age: 3 })
  // @ts-expect-error -- no field has this name
  void users.read({ filter: { agee: 3 } })
  // @ts-expect-error -- nor inside another
  void users.read({ filter: { "address.town": "Paris" } })
  // @ts-expect-error -- an age is a number
  void users.read({ filter: { age: "3" } })
  // @ts-expect-error -- so are the operands of its operators
  void users.count({ age: { $gt: "3" } })
  // @ts-expect-error -- no role is called so
  void users.count({ role: "owner" })
  // @ts-expect-error -- what is stored is a date, not what the schema makes of it
  void users.count({ seen: { $gt: written.seen } })
  // @ts-expect-error -- there is no such operator
  void users.deleteAll({ age: { $greater: 3 } })
  // @ts-expect-error -- nor in a list of filters
  void users.deleteAll({ $or: [{ agee: 3 }] })
  // @ts-expect-error -- a sort names a field
  void users.stream({ sort: [["agee", 1]] })
  // @ts-expect-error -- and a direction
  void users.stream({ sort: [["age", "asc"]] })
  // @ts-expect-error -- a watch filters as a read does
  void users.watch({ filter: { agee: 3 } })
}

const updates = () => {
  const users = Collection.over(documents, Users)
  void users.update(
    id,
    {
      set: {
        name: "Ada",
        "address.city": "Rome",
        "lines.0.amount": 3,
        lines: [{ amount: 1, text: "a" }],
        joined: written.joined,
        seen: written.joined,
        ends: null,
        "counts.visits": 1
      },
      unset: ["nickname", "note", "address.zip"],
      inc: { age: 1, "lines.0.amount": -1, "counts.visits": 1 }
    },
    { ifRev: rev, upsert: true, idempotencyKey: "one" }
  )
  // @ts-expect-error -- no field has this name
  void users.update(id, { set: { nmae: "Ada" } })
  // @ts-expect-error -- a name is text
  void users.update(id, { set: { name: 3 } })
  // @ts-expect-error -- inside an object too
  void users.update(id, { set: { "address.city": 3 } })
  // @ts-expect-error -- and in a list
  void users.update(id, { set: { "lines.0.amount": "3" } })
  // @ts-expect-error -- an update names one place
  void users.update(id, { set: { "lines.amount": 3 } })
  // @ts-expect-error -- to set nothing is to unset
  void users.update(id, { set: { nickname: undefined } })
  // @ts-expect-error -- nor in a record
  void users.update(id, { set: { "counts.visits": undefined } })
  // @ts-expect-error -- nor in a list
  void users.update(id, { set: { "lines.0": undefined } })
  // @ts-expect-error -- a count is a number
  void users.update(id, { set: { "counts.visits": "1" } })
  void users.update(id, { unset: ["counts.visits"] })
  // @ts-expect-error -- an _id never changes
  void users.update(id, { set: { _id: id } })
  // @ts-expect-error -- every user has a name
  void users.update(id, { unset: ["name"] })
  // @ts-expect-error -- a name is not counted
  void users.update(id, { inc: { name: 1 } })
  // @ts-expect-error -- nor is a date that may be null
  void users.update(id, { inc: { ends: 1 } })
  // @ts-expect-error -- a revision is not any number
  void users.delete(id, { ifRev: 3 })
}

const additions = () => {
  const users = Collection.over(documents, Users)
  const { _id, role, ...fields } = written
  void users.add(written)
  void users.add(fields)
  void users.add({ ...fields, _id, role })
  void users.addAll([fields, written])
  void users.replace({ ...written, age: 4 }, { ifRev: rev })
  void users.operations.add(fields)
  // @ts-expect-error -- every user has a name
  void users.add({ ...fields, name: undefined })
  // @ts-expect-error -- an age is a number
  void users.add({ ...fields, age: "3" })
  // @ts-expect-error -- what is replaced has an _id
  void users.replace(fields)
}

const definitions = () => {
  const document = Schema.Struct({ _id: Schema.String, at: Schema.Date, n: Schema.Number })
  void Collection.make("a", { document, indexes: [{ name: "n", keys: ["n", "at"] }] })
  // @ts-expect-error -- no field has this name
  void Collection.make("a", { document, indexes: [{ name: "m", keys: ["m"] }] })
  // @ts-expect-error -- an index has at least one key
  void Collection.make("a", { document, indexes: [{ name: "n", keys: [] }] })
  // @ts-expect-error -- and at most four
  void Collection.make("a", { document, indexes: [{ name: "n", keys: ["n", "n", "n", "n", "n"] }] })
  // @ts-expect-error -- a number does not say when a document expires
  void Collection.make("a", { document, expires: "n" })
  // @ts-expect-error -- every document has an _id
  void Collection.make("a", { document: Schema.Struct({ n: Schema.Number }) })
  // @ts-expect-error -- which is text
  void Collection.make("a", { document: Schema.Struct({ _id: Schema.Number }) })
  const storable = { _id: Schema.String, json: Schema.Json, bytes: Schema.Uint8Array }
  class Loose extends Collection.make("a", { document: Schema.Struct(storable) }) {}
  const loose = Collection.over(documents, Loose)
  void loose.update("a", { set: { "json.a.b": [1], json: { a: null } }, inc: { "json.n": 1 } })
  void loose.read({ filter: { "json.a": 3 }, sort: [["json.b", 1]] })
  // @ts-expect-error -- a DateTime is not stored: DateTimeUtcFromDate is
  void Collection.make("a", { document: Schema.Struct({ ...storable, at: Schema.DateTimeUtc }) })
  // @ts-expect-error -- nor is a big integer
  void Collection.make("a", { document: Schema.Struct({ ...storable, n: Schema.BigInt }) })
  const n = Schema.UndefinedOr(Schema.Number)
  // @ts-expect-error -- undefined is not stored, so the field would be missing
  void Collection.make("a", { document: Schema.Struct({ ...storable, n }) })
}

const Shape = Schema.Union([
  Schema.TaggedStruct("Circle", { _id: Schema.String, radius: Schema.Number }),
  Schema.TaggedStruct("Square", { _id: Schema.String, side: Schema.Number })
])

class Shapes extends Collection.make("shapes", {
  document: Shape,
  indexes: [{ name: "radius", keys: ["radius"] }]
}) {}

class Place extends Schema.Class<Place>("Place")({ _id: Schema.String, name: Schema.String }) {}
class Places extends Collection.make("places", { document: Place }) {}

const unions = () => {
  const shapes = Collection.over(documents, Shapes)
  void shapes.add({ _tag: "Circle", radius: 3 })
  void shapes.read({ filter: { _tag: "Circle", radius: { $gt: 3 } } })
  void shapes.update("a", { set: { side: 3 } })
  // @ts-expect-error -- a circle has no side
  void shapes.add({ _tag: "Circle", side: 3 })
  // @ts-expect-error -- no shape has a height
  void shapes.update("a", { set: { height: 3 } })
  const places = Collection.over(documents, Places)
  void places.add({ name: "Rome" })
  const found = places.get("rome")
  holds<Equal<Effect.Success<typeof found>, Option.Option<Found<Place>>>>()
}
