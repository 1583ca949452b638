import { assert, describe, it } from "@effect/vitest"
import { describeFailure } from "../../src/raft/describe.ts"
import { duels, isolations, type Schedule } from "../../src/raft/Schedule.ts"
import { run } from "../../src/raft/Simulation.ts"

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
    const options = schedule(seed)
    const report = run(options)
    if (report.broken !== undefined) assert.fail(describeFailure(options, report))
    count += report.stats.elections
  }
  return count
}
