import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Admission from "../../src/internal/admission.ts"
import * as Vips from "../../src/internal/vips.ts"
import { tagOf } from "../support.ts"

describe("a libvips call", () => {
  it.effect("[IM8] holds its permit until it has ended, also when its caller has gone", () =>
    Effect.gen(function* () {
      const admission = Admission.make({ concurrency: 1, waitingMax: 0, memoryMaxBytes: 100 })
      const gate = yield* Deferred.make<void>()
      const promise = Effect.runPromise(Deferred.await(gate))
      const job = admission.run(10, () => Vips.run(() => promise))
      const fiber = yield* Effect.forkChild(job, { startImmediately: true })
      const interrupting = yield* Effect.forkChild(Fiber.interrupt(fiber), {
        startImmediately: true
      })
      yield* Effect.yieldNow
      assert.deepStrictEqual(admission.taken(), { jobs: 1, bytes: 10 })
      assert.strictEqual(yield* tagOf(admission.run(1, () => Effect.void)), "Overloaded")
      yield* Deferred.succeed(gate, undefined)
      yield* Fiber.join(interrupting)
      assert.deepStrictEqual(admission.taken(), { jobs: 0, bytes: 0 })
    })
  )

  it.effect("[IM8] that took too long, or threw at once, has a typed error", () =>
    Effect.gen(function* () {
      const late = Vips.run(() => Promise.reject(new Error("timeout: 12% complete")))
      assert.strictEqual(yield* tagOf(late), "ImageTimedOut")
      const thrown = Vips.run(() => Vips.open(new Uint8Array(), {}).metadata(), damaged)
      assert.strictEqual(yield* tagOf(thrown), "Damaged")
    })
  )
})

const damaged = () => ({ _tag: "Damaged" }) as const
