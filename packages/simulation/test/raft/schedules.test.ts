import { assert, describe, it } from "@effect/vitest"
import { run } from "../../src/raft/Simulation.ts"
import { duels, isolations, type Schedule } from "./schedules.ts"

const runs = Number(process.env["RUNS"] ?? 40)

describe("schedules", () => {
  it(
    "[RA8] nothing breaks when nodes campaign and die all the time",
    () => assert.isAbove(elections(duels), 20 * runs),
    600_000
  )

  it(
    "[RA13] nothing breaks when leaders are cut off again and again",
    () => assert.isAbove(elections(isolations), 5 * runs),
    600_000
  )
})

/** How many leaders there were, so that a schedule which no longer provokes anything is seen. */
const elections = (schedule: Schedule): number => {
  let count = 0
  for (let seed = 1; seed <= runs; seed++) {
    const { broken, stats } = run(schedule(seed))
    assert.isUndefined(broken, `seed ${seed}: ${broken?.rule} ${broken?.detail}`)
    count += stats.elections
  }
  return count
}
