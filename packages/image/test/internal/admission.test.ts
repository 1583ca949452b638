import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Admission from "../../src/internal/admission.ts"
import { tagOf } from "../support.ts"

const limits = { concurrency: 2, waitingMax: 3, memoryMaxBytes: 1000 }

describe("admission", () => {
  it.effect("[IM8] runs two, lets three wait, and refuses the next with a time to come back", () =>
    Effect.gen(function* () {
      const admission = Admission.make(limits)
      const gate = yield* Deferred.make<void>()
      let running = 0
      let most = 0
      const job = Effect.gen(function* () {
        most = Math.max(most, ++running)
        yield* Deferred.await(gate)
        running--
      })
      const fibers = yield* Effect.forEach([1, 2, 3, 4, 5], () =>
        Effect.forkChild(
          admission.run(10, () => job),
          { startImmediately: true }
        )
      )
      const refused = yield* Effect.flip(admission.run(10, () => job))
      assert.strictEqual(refused._tag, "Overloaded")
      if (refused._tag !== "Overloaded") return
      assert.strictEqual(refused.reason, "queue")
      assert.isTrue(refused.retryAfterMs >= 50 && refused.retryAfterMs <= 5000)
      assert.deepStrictEqual(admission.taken(), { jobs: 5, bytes: 50 })
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.awaitAll(fibers)
      assert.strictEqual(most, 2)
      assert.deepStrictEqual(admission.taken(), { jobs: 0, bytes: 0 })
    })
  )

  it.effect(
    "[IM8] refuses memory that others hold, and more than there is with another error",
    () =>
      Effect.gen(function* () {
        const admission = Admission.make(limits)
        const inside = admission.run(400, (reserve) =>
          Effect.gen(function* () {
            yield* reserve(500)
            const others = [
              admission.run(101, () => Effect.void),
              admission.run(100, () => Effect.void)
            ]
            return yield* Effect.forEach(others, tagOf)
          })
        )
        assert.deepStrictEqual(yield* inside, ["Overloaded", "Success"])
        assert.strictEqual(yield* tagOf(admission.run(1001, () => Effect.void)), "JobTooLarge")
        const grows = admission.run(400, (reserve) => reserve(601))
        assert.strictEqual(yield* tagOf(grows), "JobTooLarge")
        assert.deepStrictEqual(admission.taken(), { jobs: 0, bytes: 0 })
      })
  )

  it.effect("[IM8] gives everything back when a job fails, dies or is interrupted", () =>
    Effect.gen(function* () {
      const admission = Admission.make(limits)
      yield* Effect.exit(admission.run(1, () => Effect.fail("no")))
      yield* Effect.exit(admission.run(1, () => Effect.die("no")))
      const waiting = yield* Effect.forEach([1, 2, 3, 4], () =>
        Effect.forkChild(
          admission.run(1, () => Effect.never),
          { startImmediately: true }
        )
      )
      assert.strictEqual(admission.taken().jobs, 4)
      yield* Fiber.interruptAll(waiting)
      assert.deepStrictEqual(admission.taken(), { jobs: 0, bytes: 0 })
      yield* admission.run(1, () => Effect.void)
    })
  )
})
