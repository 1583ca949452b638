import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { storedPng } from "../../src/internal/pngWriter.ts"
import * as Sliced from "../../src/internal/sliced.ts"
import * as LowBits from "../../src/pure/LowBits.ts"

const megabytes = 8

/** How often another fiber had its turn while the work ran. */
const turnsDuring = Effect.fnUntraced(function* (work: Generator<void, unknown>) {
  let turns = 0
  const count = Effect.flatMap(Effect.yieldNow, () => Effect.sync(() => void turns++))
  const others = Effect.forever(count, { disableYield: true })
  yield* Effect.raceFirst(Sliced.run(work), others)
  return turns
})

describe("work in slices", () => {
  const samples = new Uint8Array(megabytes * 1024 * 1024)
  const size = { width: 2048, height: Math.floor(samples.length / 2048 / 3) }

  it.effect.each<readonly [string, () => Generator<void, unknown>]>([
    ["embedding", () => LowBits.embed(samples, 0, new Uint8Array(samples.length / 4), 2)],
    ["extracting", () => LowBits.extract(samples, 0, samples.length / 4, 2)],
    ["writing", () => storedPng(samples, size)]
  ])("[IM8] %s lets others have a turn for every megabyte", ([, work]) =>
    Effect.gen(function* () {
      assert.isAtLeast(yield* turnsDuring(work()), megabytes - 1)
    })
  )

  it.effect("[IM8] ends at the next slice when its caller has gone", () =>
    Effect.gen(function* () {
      let slices = 0
      function* long(): Generator<void, void> {
        for (; slices < 1000; slices++) yield
      }
      const fiber = yield* Effect.forkChild(Sliced.run(long()), { startImmediately: true })
      yield* Fiber.interrupt(fiber)
      assert.isAtMost(slices, 2)
    })
  )
})
