/** Changes as they happen, and what can be built from them. */
import { type ChangeEvent, Client, type Collection } from "@distri/core"
import { Console, DateTime, Effect, Fiber, Option, Stream } from "effect"
import * as assert from "node:assert/strict"
import { Orders, Progress, Totals, Users } from "../collections.ts"

export const watching = Effect.gen(function* () {
  const orders = (yield* Client).collection(Orders)
  const seen = orders.watch({ filter: { state: "open" }, from: "start" }).pipe(
    Stream.tap((event) => {
      if (event.kind !== "ready") return Console.log(`${event.kind} ${event.id}`)
      // What was there has come. From here on it is news: pay one of them.
      return Effect.andThen(
        Console.log("ready"),
        orders.update("order-1", { set: { state: "paid" } })
      )
    }),
    Stream.takeUntil((event) => event.kind === "left"),
    Stream.runCollect
  )
  const last = (yield* seen).at(-1)
  assert.ok(last?.kind === "left" && last.cause === "updated" && last.after?.state === "paid")
})

export const expiring = Effect.gen(function* () {
  const users = (yield* Client).collection(Users)
  const now = yield* DateTime.now
  const guest = { name: "Guest", age: 1, joined: now, address: { city: "Bern" }, tags: [] }
  const expired = users.watch({ filter: { name: "Guest" } }).pipe(
    Stream.tap((event) => {
      if (event.kind !== "ready") return Effect.void
      return users.add({ ...guest, until: DateTime.add(now, { milliseconds: 300 }) })
    }),
    Stream.filter((event) => event.kind === "left" && event.cause === "expired"),
    Stream.runHead
  )
  assert.ok(Option.isSome(yield* expired))
  assert.equal(yield* users.count({ name: "Guest" }), 0)
})

/** Adds up what each user has spent, over the next `count` events. It may be stopped at any moment. */
const addUp = Effect.fnUntraced(function* (count: number) {
  const { collection, documents } = yield* Client
  const [orders, progress, totals] = [collection(Orders), collection(Progress), collection(Totals)]
  const stored = yield* progress.get("totals")
  const from = Option.match(stored, {
    onNone: () => "now" as const,
    onSome: ({ document }) => document.token
  })
  const follow = Effect.fnUntraced(function* (event: ChangeEvent<Collection.Type<typeof Orders>>) {
    if (event.kind === "initial") return
    const operations = [
      yield* progress.operations.replace({ _id: "totals", token: event.token }, { upsert: true })
    ]
    if (event.kind !== "ready") {
      const { after, before } = event
      const spent = (after?.total ?? 0) - (before?.total ?? 0)
      const { user } = (after ?? before)!
      operations.push(yield* totals.operations.update(user, { inc: { spent } }, { upsert: true }))
    }
    // The effect and the token are stored as one: neither is there without the other.
    yield* documents.execute({ _tag: "Batch", operations })
  })
  yield* orders.watch({ from }).pipe(Stream.take(count), Stream.runForEach(follow))
})

export const resuming = Effect.gen(function* () {
  const { collection } = yield* Client
  const orders = collection(Orders)
  const order = { user: "alan", state: "open" } as const

  const adding = yield* Effect.forkChild(addUp(3)) // "ready", then two changes
  yield* Effect.repeat(collection(Progress).get("totals"), { until: Option.isSome })
  yield* orders.add({ ...order, _id: "order-10", total: 10 })
  yield* orders.update("order-10", { set: { total: 15 } })
  yield* Fiber.join(adding)

  // Nobody watches now.
  yield* orders.add({ ...order, total: 100 })
  yield* orders.delete("order-10")
  yield* addUp(2)
  const { document } = Option.getOrThrow(yield* collection(Totals).get("alan"))
  yield* Console.log(`alan has spent ${document.spent}`)
  assert.equal(document.spent, 100)
})
