/** Adding and deleting documents, and what a collection refuses. */
import { Client } from "@distri/core"
import { Console, DateTime, Effect, Option } from "effect"
import * as assert from "node:assert/strict"
import { Orders, Totals, Users } from "../collections.ts"

const joined = DateTime.makeUnsafe("2030-01-02T00:00:00Z")

export const creating = Effect.gen(function* () {
  const { collection } = yield* Client
  yield* collection(Users).create
  yield* collection(Users).create // what exists stays as it is
})

export const adding = Effect.gen(function* () {
  const users = (yield* Client).collection(Users)
  const added = yield* users.add({
    _id: "ada",
    name: "Ada",
    email: "ada@example.com",
    age: 36,
    joined,
    address: { city: "London" },
    tags: ["admin", "maths"]
  })
  assert.deepEqual([added.id, added.modified], ["ada", 1])

  // Without an `_id` it gets a ULID. What the schema refuses is never sent.
  const grace = { name: "Grace", age: 85, joined, address: { city: "New York" }, tags: ["navy"] }
  const { id } = yield* users.add(grace)
  assert.equal(id.length, 26)
  const refused = yield* Effect.flip(users.add({ ...grace, age: 0.5 }))
  yield* Console.log(refused.message)
})

export const addingMany = Effect.gen(function* () {
  const users = (yield* Client).collection(Users)
  const cities = ["London", "Oslo", "Rome"]
  const many = Array.from({ length: 250 }, (_, n) => ({
    _id: `user-${String(n).padStart(3, "0")}`,
    name: `User ${n}`,
    age: 20 + (n % 60),
    joined,
    address: { city: cities[n % 3]! },
    tags: n % 2 === 0 ? ["even"] : ["odd"]
  }))
  assert.equal(yield* users.addAll(many), 250)
})

export const unique = Effect.gen(function* () {
  const users = (yield* Client).collection(Users)
  const copy = { name: "Eve", age: 1, joined, address: { city: "Oslo" }, tags: [] }
  const taken = yield* Effect.flip(users.add({ ...copy, email: "ada@example.com" }))
  yield* Console.log(taken.message)
  assert.equal(taken._tag, "DuplicateKey")
})

export const batch = Effect.gen(function* () {
  const { collection, documents } = yield* Client
  const users = collection(Users)
  const orders = collection(Orders)
  yield* documents.execute({
    _tag: "Batch",
    operations: yield* Effect.all([
      orders.operations.add({ _id: "order-1", user: "ada", total: 30, state: "open" }),
      users.operations.update("ada", { inc: { points: 3 } })
    ])
  })

  // All or nothing: the second operation is refused, so the first is not done either.
  const refused = yield* Effect.flip(
    documents.execute({
      _tag: "Batch",
      operations: yield* Effect.all([
        users.operations.update("ada", { inc: { points: 1000 } }),
        orders.operations.add({ _id: "order-1", user: "ada", total: 9, state: "open" })
      ])
    })
  )
  yield* Console.log(refused.message)
  const ada = Option.getOrThrow(yield* users.get("ada"))
  assert.equal(ada.document.points, 3)
})

export const deleting = Effect.gen(function* () {
  const users = (yield* Client).collection(Users)
  yield* users.delete("user-200")
  const again = yield* Effect.flip(users.delete("user-200"))
  assert.equal(again._tag, "DocumentNotFound")
  const { modified } = yield* users.deleteAll({ "address.city": "Rome", age: { $gte: 70 } })
  yield* Console.log(`${modified} deleted`)
})

export const dropping = Effect.gen(function* () {
  const totals = (yield* Client).collection(Totals)
  yield* totals.drop
  const gone = yield* Effect.flip(totals.count())
  assert.equal(gone._tag, "CollectionNotFound")
})
