/** Writes that may be sent again. */
import { Client } from "@distri/core"
import { Console, Effect } from "effect"
import * as assert from "node:assert/strict"
import { Orders, Totals } from "../collections.ts"

export const keys = Effect.gen(function* () {
  const orders = (yield* Client).collection(Orders)
  const idempotencyKey = "checkout-77"
  const order = { user: "grace", total: 12, state: "open" } as const
  const first = yield* orders.add(order, { idempotencyKey })
  const again = yield* orders.add(order, { idempotencyKey })
  assert.deepEqual(again, first) // the same answer, with the same new _id
  assert.equal(yield* orders.count({ user: "grace" }), 1)

  const other = yield* Effect.flip(orders.add({ ...order, total: 13 }, { idempotencyKey }))
  yield* Console.log(other.message)
})

export const ambiguous = Effect.gen(function* () {
  const totals = (yield* Client).collection(Totals)
  // A key that survives this process: of the payment, not of this attempt.
  const pay = totals.update("ada", { inc: { spent: 7 } }, { idempotencyKey: "payment-4711" })
  yield* pay.pipe(
    Effect.retry({
      while: ({ _tag }) =>
        _tag === "Ambiguous" || _tag === "DeadlineExceeded" || _tag === "UnknownOutcome",
      times: 5
    })
  )
})
