import { assert, describe, it } from "@effect/vitest"
import { run } from "../../src/raft/Simulation.ts"
import { builds, find, switches } from "./builds.ts"

describe("builds with one rule broken", () => {
  it.each(switches)(
    "[SIM8] are found within their budget of seeds: %s",
    (name) => {
      const { rules, budget, schedule } = builds[name]
      const found = find(name, 1, budget)
      assert.isDefined(found, `${budget} seeds did not find it`)
      const { rule, detail } = found.report.broken!
      assert.include(rules, rule, detail)
      const healthy = run(schedule(found.report.seed)).broken
      assert.isUndefined(healthy, `without the break seed ${found.report.seed} is found broken too`)
    },
    600_000
  )
})
