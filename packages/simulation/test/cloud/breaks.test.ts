/** A simulator that finds nothing looks like a cloud without bugs: builds with one rule broken are found. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Sim from "../../src/sim/Sim.ts"
import type { Fault } from "../../src/sim/Fault.ts"
import { type CloudBreaks, cloudOptions } from "./cloud.ts"
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

/** The first seed of so many at which the clients see what is broken. */
const firstBroken = Effect.fnUntraced(function* <A, B, E>(
  run: (seed: number) => Effect.Effect<Sim.Report<A, B>, E>,
  seedsMax: number
) {
  for (let seed = 1; seed <= seedsMax; seed++) {
    const report = yield* run(seed)
    if (report.broken.length > 0) return report
  }
  return assert.fail(`${seedsMax} seeds show nothing`)
})

describe("the simulated cloud finds", () => {
  it.effect.each([
    ["readLocally", ["Linearizable", "Fresh"]],
    ["joinRunningRound", ["Linearizable", "Fresh"]],
    // A write that takes effect twice shows in the history, or a client hears that what it adds is there.
    ["skipSessions", ["Linearizable", "ClientFailed"]]
  ] as const)(
    "[SIM8] a build that breaks a rule of the log: %s",
    ([name, rules]) =>
      Effect.gen(function* () {
        const run = { ...inMemory, breaks: { [name]: true } }
        const search = firstBroken((seed) => Sim.run(cloudOptions({ ...run, seed })), 40)
        const { broken, seed } = yield* search
        assert.include(rules, broken[0]!.rule)
        const whole = yield* Sim.run(cloudOptions({ ...inMemory, seed }))
        assert.deepStrictEqual(whole.broken, [])
      }),
    300_000
  )

  it.effect(
    "[SIM8] a build that acknowledges what its disk may still lose",
    () =>
      Effect.gen(function* () {
        const run = blackedOut({ acknowledgeBeforeSync: true })
        const { broken, seed } = yield* firstBroken(run, 10)
        // A writer finds another count than it was told, while it writes or in the end.
        assert.include(["Verify", "ClientFailed"], broken[0]!.rule)
        assert.deepStrictEqual((yield* blackedOut({})(seed)).broken, [])
      }),
    300_000
  )
})

/** Many writers are surprised by the end of all nodes. */
const blackedOut = (breaks: CloudBreaks) => (seed: number) => {
  const crowd = makeCrowd(6)
  const cloud = { seed, nodes: 3, seconds: 13, clients: 1, hasDisk: true, breaks }
  const options = cloudOptions({ ...cloud, faults: blackouts })
  return Sim.run({
    ...options,
    hardware: Sim.disksThatSyncWithin(300),
    client: crowd.program,
    verify: crowd.verify
  })
}
