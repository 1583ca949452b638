/**
 * Finds the clients that stand still (SIM2): a fiber that waits for the world outside of the simulation is
 * never woken, because no such world exists while it runs.
 */
import type * as Fiber from "effect/Fiber"
import { fiberName, unnamed } from "../kernel/fiberName.ts"
import type { Machine } from "./Machine.ts"
import type { Stage } from "./Stage.ts"

/** After the time that clients were given to end: a sentence for each that should have. */
export const stalledClients = (stage: Stage): ReadonlyArray<string> =>
  stage.clients.flatMap((client) => {
    const problem = client.isDone ? undefined : stallOf(stage, client)
    return problem === undefined ? [] : [problem]
  })

const stallOf = ({ kernel, recorder }: Stage, client: Machine): string | undefined => {
  const { name, fiber, process } = client
  if (fiber === undefined || process === undefined) return undefined
  const where = `in ${whereabouts(fiber)}`
  const open = [...recorder.open].findLast((one) => one.client === name)
  if (open !== undefined) {
    const sinceMs = Math.round(open.sinceMs)
    return `${name} waits since ${sinceMs} ms for the end of ${open.what}, ${where}`
  }
  // It may be made to go on for ever. If nothing will ever wake it, it is not.
  if (kernel.awaits(process)) return undefined
  return `${name} waits for something outside of the simulation, ${where}`
}

interface Family extends Fiber.Fiber<unknown, unknown> {
  readonly children: () => Iterable<Family>
}

/** The name of the innermost fiber that one waits for, of those that have one. */
const whereabouts = (fiber: Fiber.Fiber<unknown, unknown>): string => {
  const [child] = [...(fiber as Family).children()].filter((one) => one.pollUnsafe() === undefined)
  const inner = child === undefined ? unnamed : whereabouts(child)
  return inner === unnamed ? fiberName(fiber) : inner
}
