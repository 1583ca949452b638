/** A cloud in memory whose founder dies while it is founded. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { Fault } from "../../src/sim/Fault.ts"
import * as Sim from "../../src/sim/Sim.ts"
import { cloudOptions } from "./cloud.ts"

describe("a founder in memory that dies", () => {
  // At most of these times nobody else has its log, and the others know what it is called.
  it.effect.each([
    [1, [310, 330, 350, 370]],
    [2, [250]],
    [3, [250, 290, 330, 390, 450]]
  ] as const)(
    "[LM19] leaves a cloud that is founded, then or anew: seed %i, at %j ms",
    ([seed, times]) =>
      Effect.gen(function* () {
        const events: Array<string> = []
        for (const at of times) {
          const run = { seed, nodes: 3, seconds: 14, clients: 1, rounds: 3 }
          const { broken, lastEvents } = yield* Sim.run(
            cloudOptions({ ...run, faults: [dies(at)] })
          )
          assert.deepStrictEqual(broken, [], `at ${at} ms`)
          events.push(...lastEvents)
        }
        assert.isTrue(events.some((event) => event.includes("founded anew")))
      }),
    120_000
  )

  it.effect(
    "[LM19] again and again leaves one in the end",
    () =>
      Effect.gen(function* () {
        const faults = [300, 3_000, 6_000, 6_600, 12_000, 15_000].map(dies)
        for (const seed of [1, 2, 3, 4]) {
          const run = { seed, nodes: 3, seconds: 20, clients: 1, rounds: 3, faults }
          // The others lose nothing, so whatever was acknowledged is there.
          const { canLose: _, ...options } = cloudOptions(run)
          const { broken } = yield* Sim.run(options)
          assert.deepStrictEqual(broken, [], `seed ${seed}`)
        }
      }),
    120_000
  )
})

const dies = (at: number): Fault => ({
  kind: "crash",
  at,
  node: "n1",
  downMs: 1000,
  afterTasks: 0,
  isSilent: false,
  losesDisk: false
})
