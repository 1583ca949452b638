/** Finds the seed at which visits are lost, shows the smallest run that loses one, and runs the repaired program. */
import { Sim } from "@distri/simulation"
import { Console, Effect } from "effect"
import { options } from "./simulation.ts"
import { exact, forgetful } from "./visits.ts"

const seeds = Sim.seeds({ fresh: 3 })

const program = Effect.gen(function* () {
  const failure = yield* Sim.search(options(forgetful, seeds))
  yield* Console.log(failure?.text ?? "nothing is wrong with the forgetful handler")
  const other = yield* Sim.search(options(exact, seeds))
  yield* Console.log(other?.text ?? `the exact handler passes ${seeds.length} seeds`)
})

await Effect.runPromise(program)
