import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import { makeKernel, start } from "./kernel.ts"

const ticking = (ticks: Array<number>, ended: Array<string> = []) =>
  Effect.gen(function* () {
    yield* Effect.addFinalizer(() => Effect.sync(() => ended.push("finalizer")))
    while (true) {
      yield* Effect.sleep(10)
      ticks.push(Math.round(Number(yield* Clock.monotonicTimeNanos) / 1e6))
    }
  }).pipe(
    Effect.onInterrupt(() => Effect.sync(() => ended.push("interrupted"))),
    Effect.scoped
  )

describe("SimProcess", () => {
  it("[SIM3] runs nothing after its end, and no finalizer", () => {
    const kernel = makeKernel()
    const ticks: Array<number> = []
    const ended: Array<string> = []
    const { process } = start(kernel, ticking(ticks, ended))
    kernel.runUntil(35)
    process.end()
    kernel.runUntil(1_000)
    assert.deepStrictEqual(ticks, [10, 20, 30])
    assert.deepStrictEqual(ended, [])
    assert.isFalse(process.isAlive)
  })

  it("[SIM3] ends in the midst of what happens at one instant", () => {
    const kernel = makeKernel()
    const done: Array<number> = []
    const steps = Effect.gen(function* () {
      yield* Effect.sleep(10)
      for (let step = 0; step < 10; step++) {
        done.push(step)
        yield* Effect.yieldNow
      }
    })
    const { process } = start(kernel, steps)
    const other = start(kernel, Effect.sleep(10), "q", 2)
    kernel.runUntil(5)
    process.after(4, () => process.end())
    kernel.runUntil(1_000)
    assert.deepStrictEqual(done, [0, 1, 2, 3])
    assert.isDefined(other.fiber.pollUnsafe())
  })

  it("stands still while it is paused, and then does what it missed", () => {
    const kernel = makeKernel()
    const ticks: Array<number> = []
    const { process } = start(kernel, ticking(ticks))
    kernel.runUntil(15)
    process.pause()
    kernel.runUntil(100)
    assert.deepStrictEqual(ticks, [10])
    process.resume()
    kernel.runUntil(115)
    assert.deepStrictEqual(ticks, [10, 100, 110])
  })

  it("[SIM3] does not rise by being resumed", () => {
    const kernel = makeKernel()
    const ticks: Array<number> = []
    const { process } = start(kernel, ticking(ticks))
    process.pause()
    kernel.runUntil(50)
    process.end()
    process.resume()
    kernel.runUntil(100)
    assert.deepStrictEqual(ticks, [])
  })

  it("has a wall clock that jumps, and time that does not", () => {
    const kernel = makeKernel()
    const seen: Array<string> = []
    const look = Effect.gen(function* () {
      const wall = DateTime.formatIso(yield* DateTime.now)
      seen.push(`${wall} ${(yield* Clock.monotonicTimeNanos) / 1_000_000n}`)
    })
    const { process } = start(
      kernel,
      Effect.repeat(Effect.andThen(Effect.sleep(1_000), look), { times: 2 })
    )
    kernel.runUntil(1_500)
    process.wallOffsetMs = -3_600_000
    kernel.runUntil(2_500)
    process.wallOffsetMs = 3_600_000
    kernel.runUntil(5_000)
    assert.deepStrictEqual(seen, [
      "2026-01-01T00:00:01.000Z 1000",
      "2025-12-31T23:00:02.000Z 2000",
      "2026-01-01T01:00:03.000Z 3000"
    ])
  })

  it("leaves no timer behind for what was answered in time", () => {
    const kernel = makeKernel()
    const { fiber, process } = start(kernel, Effect.timeoutOption(Effect.sleep(5), "1 hour"))
    kernel.runUntil(10)
    assert.isDefined(fiber.pollUnsafe())
    assert.isFalse(kernel.awaits(process))
  })
})
