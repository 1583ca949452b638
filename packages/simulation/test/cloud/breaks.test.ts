/** A simulator that finds nothing looks like a cloud without bugs: builds with one rule broken are found. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Sim from "../../src/sim/Sim.ts"
import { type CloudRun, cloudOptions } from "./cloud.ts"

const faults = { partitions: true, slowness: true, resets: true, crashes: true, fromMs: 3_000 }
const inMemory = { nodes: 3, seconds: 10, rounds: 200, faults }
const onDisks = {
  nodes: 3,
  seconds: 60,
  hasDisk: true,
  faults: { ...faults, restarts: true, pauses: true, clocks: true, blackouts: true, fromMs: 6_000 }
}

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
        const run = { ...onDisks, breaks: { acknowledgeBeforeSync: true } }
        // A read misses a write, or what a watcher was told is not so.
        const rules = ["Linearizable", "ClientFailed"]
        assert.include(rules, yield* found(run, { from: 9, to: 30 }))
      }),
    300_000
  )
})
