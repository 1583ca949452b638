import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type { FaultPlan } from "../../src/sim/FaultPlan.ts"
import * as Sim from "../../src/sim/Sim.ts"
import { cloudOptions } from "./cloud.ts"
import { makeCrowd } from "./crowd.ts"

const faults = { partitions: true, resets: true, crashes: true, restarts: true, fromMs: 3_000 }

const run = Effect.fnUntraced(function* (seed: number, plan: FaultPlan) {
  const crowd = makeCrowd(6)
  const cloud = { seed, nodes: 3, seconds: 6, clients: 1, faults: plan }
  const options = cloudOptions(cloud)
  const { broken } = yield* Sim.run({ ...options, client: crowd.program, verify: crowd.verify })
  return { broken, done: crowd.counts.reduce((sum, { done }) => sum + done, 0) }
})

describe("many writers in one client", () => {
  it.effect.each([1, 2, 3])(
    "[DB24] [CL15] each write takes effect once and has its own answer under faults: seed %i",
    (seed) =>
      Effect.gen(function* () {
        const { broken, done } = yield* run(seed, faults)
        assert.deepStrictEqual(broken, [])
        assert.isAbove(done, 100)
      }),
    120_000
  )
})
