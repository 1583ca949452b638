import { assert, describe, it } from "@effect/vitest"
import { drawFaults, type FaultPlan } from "../../src/sim/FaultPlan.ts"
import { faultsProblem } from "../../src/sim/Options.ts"

const names = { nodes: ["n1", "n2", "n3"], all: ["n1", "n2", "n3", "c1", "c2"] }
const all: FaultPlan = {
  partitions: true,
  slowness: true,
  resets: true,
  crashes: true,
  blackouts: true,
  lostDisks: true,
  restarts: true,
  pauses: true,
  clocks: true
}

const draw = (seed: number, plan: FaultPlan = all) => drawFaults(seed, plan, names, 60_000)
const seeds = Array.from({ length: 100 }, (_, at) => at)

describe("drawFaults", () => {
  it("[SIM1] draws the same faults for the same seed", () => {
    for (const seed of seeds) assert.deepStrictEqual(draw(seed), draw(seed))
  })

  it("draws faults that a run may have, of every kind", () => {
    const faults = seeds.flatMap((seed) => draw(seed))
    assert.isUndefined(faultsProblem(faults, names.all))
    assert.deepStrictEqual([...new Set(faults.map(({ kind }) => kind))].toSorted(), [
      "clockJump",
      "crash",
      "partition",
      "pause",
      "reset",
      "restart",
      "slowLink",
      "storm"
    ])
  })

  it("draws runs that differ in kind", () => {
    const kinds = seeds.map((seed) =>
      [...new Set(draw(seed).map(({ kind }) => kind))].toSorted().join()
    )
    assert.isAbove(new Set(kinds).size, 30)
  })

  it("draws some of what is allowed, however little that is", () => {
    for (const seed of seeds) assert.isNotEmpty(draw(seed, { clocks: true }))
  })

  it("draws what the plan allows, and nothing before its beginning", () => {
    assert.deepStrictEqual(draw(1, {}), [])
    for (const seed of seeds) {
      for (const { at, kind } of draw(seed, { pauses: true, fromMs: 9_000 })) {
        assert.strictEqual(kind, "pause")
        assert.isAtLeast(at, 9_000)
      }
    }
  })
})
