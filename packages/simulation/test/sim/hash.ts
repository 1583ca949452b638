/** Runs the seeds of its arguments, and prints the hash of each: another process to compare with. */
import * as Effect from "effect/Effect"
import * as Sim from "../../src/sim/Sim.ts"
import { options } from "./register.ts"

for (const seed of process.argv.slice(2).map(Number)) {
  const { hash } = await Effect.runPromise(Sim.run(options({ seed, faults: allFaults() })))
  process.stdout.write(`${hash}\n`)
}

function allFaults(): Sim.FaultPlan {
  return { partitions: true, slowness: true, resets: true, pauses: true, clocks: true }
}
