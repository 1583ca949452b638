/** A simulator that finds nothing looks like a cloud without bugs: builds with one rule broken are found. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Sim from "../../src/sim/Sim.ts"
import type { Fault } from "../../src/sim/Fault.ts"
import { type CloudBreaks, type CloudRun, cloudOptions } from "./cloud.ts"
import { makeCrowd } from "./crowd.ts"

const faults = { partitions: true, slowness: true, resets: true, crashes: true, fromMs: 3_000 }
const inMemory = { nodes: 3, seconds: 10, rounds: 200, faults }
/** The power fails for all nodes at once, again and again. */
const blackouts = [7_000, 8_500, 10_000, 11_500].flatMap((at) =>
  ["n1", "n2", "n3"].map((node): Fault => ({
    kind: "crash",
    at,
    node,
    downMs: 300,
    afterTasks: 0,
    isSilent: true,
    losesDisk: false
  }))
)

/** The rule that breaks at the first of some seeds at which the clients see it. */
const found = Effect.fnUntraced(function* (
  run: Omit<CloudRun, "seed">,
  seeds: { readonly from: number; readonly to: number }
) {
  for (let seed = seeds.from; seed <= seeds.to; seed++) {
    const { broken } = yield* Sim.run(cloudOptions({ ...run, seed }))
    if (broken.length > 0) return broken[0]!.rule
  }
  return undefined
})

describe("the simulated cloud finds", () => {
  it.effect.each(["readLocally", "skipSessions"] as const)(
    "[SIM8] a build that breaks a rule of the log: %s",
    (name) =>
      Effect.gen(function* () {
        const run = { ...inMemory, breaks: { [name]: true } }
        // A write that takes effect twice shows in the history, or a client hears that what it adds is there.
        const rules = ["Linearizable", "ClientFailed"]
        assert.include(rules, yield* found(run, { from: 1, to: 30 }))
      }),
    300_000
  )

  it.effect(
    "[SIM8] a build that acknowledges what its disk may still lose",
    () =>
      Effect.gen(function* () {
        const broken = yield* brokenByBlackouts({ acknowledgeBeforeSync: true }, 10)
        // A writer finds another count than it was told, while it writes or in the end.
        assert.include(["Verify", "ClientFailed"], broken[0]?.rule)
        assert.deepStrictEqual(yield* brokenByBlackouts({}, 1), [])
      }),
    300_000
  )
})

/** What breaks at the first of some seeds, where many writers are surprised by the end of all nodes. */
const brokenByBlackouts = Effect.fnUntraced(function* (breaks: CloudBreaks, seedsMax: number) {
  for (let seed = 1; seed <= seedsMax; seed++) {
    const crowd = makeCrowd(6)
    const cloud = { seed, nodes: 3, seconds: 13, clients: 1, hasDisk: true, breaks }
    const options = cloudOptions({ ...cloud, faults: blackouts })
    const { broken } = yield* Sim.run({
      ...options,
      hardware: Sim.disksThatSyncWithin(300),
      client: crowd.program,
      verify: crowd.verify
    })
    if (broken.length > 0) return broken
  }
  return []
})
