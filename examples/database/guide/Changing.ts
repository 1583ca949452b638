/** Updating documents: by field, as a whole, and only if nobody else has. */
import { Client } from "@distri/core"
import { Console, Effect, Option, Schedule } from "effect"
import * as assert from "node:assert/strict"
import { Orders, Totals, Users } from "../collections.ts"

export const updating = Effect.gen(function* () {
  const users = (yield* Client).collection(Users)
  yield* users.update("ada", {
    set: { "address.zip": "N1", "tags.0": "owner" },
    unset: ["email"],
    inc: { points: 10, age: 1 }
  })
  const { document } = Option.getOrThrow(yield* users.get("ada"))
  assert.deepEqual(document.address, { city: "London", zip: "N1" })
  assert.deepEqual([document.email, document.points, document.age], [undefined, 13, 37])
})

export const replacing = Effect.gen(function* () {
  const orders = (yield* Client).collection(Orders)
  const order = { _id: "order-2", user: "ada", total: 5, state: "open" } as const
  const missing = yield* Effect.flip(orders.replace(order))
  assert.equal(missing._tag, "DocumentNotFound")
  yield* orders.replace(order, { upsert: true })
  yield* orders.replace({ ...order, state: "paid" })
})

export const upserting = Effect.gen(function* () {
  const totals = (yield* Client).collection(Totals)
  const spend = totals.update("ada", { inc: { spent: 5 } }, { upsert: true })
  yield* spend // there is none: it is added with 0 + 5
  yield* spend
  const { document } = Option.getOrThrow(yield* totals.get("ada"))
  assert.equal(document.spent, 10)
})

/** Adds a tag at the end of the list. */
const addTag = Effect.fnUntraced(
  function* (id: string, tag: string) {
    const users = (yield* Client).collection(Users)
    const { document, rev } = Option.getOrThrow(yield* users.get(id))
    yield* users.update(id, { set: { tags: [...document.tags, tag] } }, { ifRev: rev })
  },
  Effect.retry({
    while: ({ _tag }) => _tag === "RevisionMismatch",
    schedule: Schedule.jittered(Schedule.exponential("5 millis"))
  })
)

export const compareAndSet = Effect.gen(function* () {
  const users = (yield* Client).collection(Users)
  const tags = ["a", "b", "c", "d", "e", "f", "g", "h"]
  yield* Effect.forEach(tags, (tag) => addTag("user-001", tag), { concurrency: "unbounded" })
  const { document } = Option.getOrThrow(yield* users.get("user-001"))
  yield* Console.log(`${document.tags.length} tags, none lost`)
  assert.deepEqual(document.tags.toSorted(), [...tags, "odd"])
})
