/** A simulator that finds nothing looks like a cloud without bugs: builds with one rule broken are found. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Sim from "../../src/sim/Sim.ts"
import { cloudOptions } from "./cloud.ts"

const faults = { partitions: true, slowness: true, resets: true, crashes: true, fromMs: 3_000 }

/** The first seed of some at which the clients see it. */
const found = Effect.fnUntraced(function* (name: "readLocally" | "skipSessions", seedsMax: number) {
  for (let seed = 1; seed <= seedsMax; seed++) {
    const run = { seed, nodes: 3, seconds: 10, rounds: 200, faults, breaks: { [name]: true } }
    const { broken } = yield* Sim.run(cloudOptions(run))
    if (broken.length > 0) return broken[0]!.rule
  }
  return undefined
})

describe("the simulated cloud finds", () => {
  it.effect.each(["readLocally", "skipSessions"] as const)(
    "[SIM8] a build that breaks a rule of the log: %s",
    (name) =>
      Effect.gen(function* () {
        // A write that takes effect twice shows in the history, or a client hears that what it adds is there.
        assert.include(["Linearizable", "ClientFailed"], yield* found(name, 30))
      }),
    300_000
  )
})
