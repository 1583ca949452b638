import { Sim } from "@distri/simulation"
import { assert, describe, it } from "@effect/vitest"
import { Effect } from "effect"
import { options } from "./simulation.ts"
import { exact, forgetful } from "./visits.ts"

const seeds = Sim.seeds({ fresh: 3 })

describe("a counter of visits", () => {
  it.effect("counts every visit once", () => Sim.passes(options(exact, seeds)), 60_000)

  it.effect(
    "that forgets visits is found, and the smallest run needs no fault",
    () =>
      Effect.gen(function* () {
        const failure = yield* Sim.search(options(forgetful, seeds))
        assert.strictEqual(failure?.report.broken[0]?.rule, "Verify")
        assert.match(failure!.text, /^SEED=\d+ INTERLEAVE=\d+ npx vitest run\n/)
        assert.match(failure!.text, /\d+ visits are counted, \d+ of \d+ were answered/)
        const { faults } = failure!.smallest!.report
        assert.deepStrictEqual(faults, [])
      }),
    60_000
  )
})
