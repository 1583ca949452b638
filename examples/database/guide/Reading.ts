/** Getting, filtering, sorting, paging, counting. */
import { Client } from "@distri/core"
import { Console, DateTime, Effect, Option, Stream } from "effect"
import * as assert from "node:assert/strict"
import { Users } from "../collections.ts"

export const getting = Effect.gen(function* () {
  const users = (yield* Client).collection(Users)
  const { document, rev } = Option.getOrThrow(yield* users.get("ada"))
  yield* Console.log(`${document.name} of ${document.address.city}, changed at version ${rev}`)
  assert.equal(DateTime.formatIso(document.joined), "2030-01-02T00:00:00.000Z")
  assert.ok(Option.isNone(yield* users.get("nobody")))
})

export const filtering = Effect.gen(function* () {
  const users = (yield* Client).collection(Users)
  const count = users.count
  assert.equal(yield* count({ name: "Ada" }), 1)
  assert.equal(yield* count({ "address.city": "Oslo", age: { $gte: 30, $lt: 40 } }), 16)
  assert.equal(yield* count({ tags: "admin" }), 1) // some element of the list
  assert.equal(yield* count({ tags: { $all: ["admin", "maths"] } }), 1)
  assert.equal(yield* count({ email: null }), 251) // it is null or missing
  assert.equal(yield* count({ email: { $exists: true } }), 1)
  assert.equal(yield* count({ _id: { $prefix: "user-00" } }), 10)
  assert.equal(yield* count({ $or: [{ name: "Ada" }, { age: { $gt: 84 } }] }), 2)
  // A filter speaks of what is stored: a date, not the DateTime that the schema makes of it.
  const newYear = DateTime.toDateUtc(DateTime.makeUnsafe("2030-01-01T00:00:00Z"))
  assert.equal(yield* count({ joined: { $gt: newYear } }), 252)
})

export const sorting = Effect.gen(function* () {
  const users = (yield* Client).collection(Users)
  const { found } = yield* users.read(
    {
      filter: { "address.city": "Oslo" },
      sort: [
        ["age", -1],
        ["name", 1]
      ]
    },
    { limit: 3 }
  )
  yield* Console.log(found.map(({ document: { age, name } }) => `${name}, ${age}`).join("; "))
})

export const projecting = Effect.gen(function* () {
  const { documents } = yield* Client
  const { found } = yield* documents.read({
    collection: "users",
    filter: { _id: "ada" },
    projection: { include: ["name", "address.city"] }
  })
  assert.deepEqual(found[0]?.document, { _id: "ada", name: "Ada", address: { city: "London" } })
})

export const paging = Effect.gen(function* () {
  const users = (yield* Client).collection(Users)
  const first = yield* users.read({ sort: [["age", 1]] }, { limit: 100 })
  const second = yield* users.read({ sort: [["age", 1]] }, { limit: 100, cursor: first.next })
  assert.equal(first.found.length + second.found.length, 200)

  // All pages, each read when it is needed.
  const even = users.stream({ filter: { tags: "even" } }, { limit: 50 })
  assert.equal(yield* Stream.runCount(even), 125)
})

export const snapshot = Effect.gen(function* () {
  const users = (yield* Client).collection(Users)
  const first = yield* users.read({}, { limit: 200, mode: "snapshot" })
  yield* users.deleteAll({ _id: { $prefix: "user-24" } })
  const second = yield* users.read({}, { limit: 200, mode: "snapshot", cursor: first.next })
  // The documents that were deleted in between are there: both pages are of one version.
  assert.equal(second.version, first.version)
  assert.equal(first.found.length + second.found.length, 252)
  assert.equal(yield* users.count(), 242)
})

export const explaining = Effect.gen(function* () {
  const users = (yield* Client).collection(Users)
  const byCity = yield* users.explain({ filter: { "address.city": "Oslo", age: { $gte: 60 } } })
  yield* Console.log(
    `${byCity._tag} ${byCity.index} (${byCity.bounds}): ${byCity.scanned} looked at, ${byCity.matched} found`
  )
  const byName = yield* users.explain({ filter: { name: "Ada" } })
  yield* Console.log(`${byName._tag}: ${byName.scanned} looked at, ${byName.matched} found`)
})

export const consistency = Effect.gen(function* () {
  const users = (yield* Client).collection(Users)
  yield* users.get("ada") // linearizable
  yield* users.get("ada", { consistency: "session" })
  yield* users.get("ada", { consistency: "local" })
})
