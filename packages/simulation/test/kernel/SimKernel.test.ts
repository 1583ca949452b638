import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import { makeKernel, start, valueOf } from "./kernel.ts"

/** Some fibers that wait, hand over and interrupt each other: what they do in which order. */
const busy = (log: Array<string>) =>
  Effect.gen(function* () {
    const queue = yield* Queue.unbounded<number>()
    const worker = (name: string) =>
      Effect.gen(function* () {
        for (let round = 0; round < 20; round++) {
          const item = yield* Queue.take(queue)
          log.push(`${name}${item}`)
          yield* Effect.sleep(1 + (item % 3))
          yield* Queue.offer(queue, item + 1)
        }
      })
    yield* Queue.offerAll(queue, [1, 2, 3])
    yield* Effect.all(["a", "b", "c", "d"].map(worker), { concurrency: "unbounded" }).pipe(
      Effect.timeoutOption("5 seconds")
    )
  })

const run = (interleave?: number) => {
  const log: Array<string> = []
  const kernel = makeKernel(interleave === undefined ? {} : { interleave })
  valueOf(kernel, busy(log))
  return { log: log.join(" "), hash: kernel.hash.value, events: kernel.events }
}

describe("SimKernel", () => {
  it.each([undefined, 1, 2])("[SIM1] the same order gives the same run: %s", (interleave) => {
    assert.deepStrictEqual(run(interleave), run(interleave))
  })

  it("explores other orders of what is ready at one instant", () => {
    const orders = new Set([undefined, 1, 2, 3, 4].map((interleave) => run(interleave).log))
    assert.isAbove(orders.size, 2)
  })

  it("takes no time of anybody's clock", () => {
    const kernel = makeKernel()
    const slept = valueOf(kernel, Effect.andThen(Effect.sleep("10 minutes"), DateTime.now))
    assert.strictEqual(DateTime.formatIso(slept), "2026-01-01T00:10:00.000Z")
  })

  it("lets time pass however short a wait is", () => {
    const kernel = makeKernel({ budget: { instantMax: 1_000 } })
    const { fiber } = start(kernel, Effect.repeat(Effect.sleep(0), { times: 5_000 }))
    kernel.runUntil(1_000)
    assert.isDefined(fiber.pollUnsafe())
    assert.isUndefined(kernel.stopped)
  })

  it("names the fiber that loops without end at one instant", () => {
    const kernel = makeKernel({ budget: { instantMax: 1_000 } })
    start(kernel, Effect.forever(Effect.yieldNow).pipe(Effect.withSpan("Spinning.top")))
    kernel.runUntil(1_000)
    assert.strictEqual(kernel.stopped?.rule, "Livelock")
    assert.match(kernel.stopped!.detail, /1000 tasks at 0 ms, the last of "Spinning.top" of p/)
  })

  const endless = Effect.forever(Effect.sleep(1))
  it.each([
    ["events", { budget: { eventsMax: 10_000 } }, /more than 10000 events/],
    [
      "real time",
      {
        realNowMs: (
          (ms) => () =>
            (ms += 40_000)
        )(0)
      },
      /more than 60000 ms of real time; it came to \d+ simulated ms in \d+ events/
    ]
  ])("stops a run that takes too much: %s", (_, options, detail) => {
    const kernel = makeKernel(options)
    start(kernel, endless)
    kernel.runUntil(Number.MAX_SAFE_INTEGER)
    assert.strictEqual(kernel.stopped?.rule, "BudgetExceeded")
    assert.match(kernel.stopped!.detail, detail)
  })

  it.effect("[SIM2] sees a fiber that something outside goes on with, and says its name", () =>
    Effect.gen(function* () {
      const kernel = makeKernel()
      const outside = Effect.promise(() => Promise.resolve(1)).pipe(Effect.withSpan("Driver.query"))
      const { fiber } = start(kernel, outside, "n1")
      kernel.runUntil(1_000)
      assert.isUndefined(fiber.pollUnsafe())
      assert.deepStrictEqual(kernel.strays, [])
      yield* Effect.yieldNow
      assert.strictEqual(kernel.strays[0], '"Driver.query" of n1')
    })
  )
})
