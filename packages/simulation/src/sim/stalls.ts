/**
 * Finds the nodes and clients that stand still (SIM2): a fiber that waits for the world outside of the
 * simulation is never woken, because no such world exists while it runs.
 */
import type * as Fiber from "effect/Fiber"
import { fiberName, unnamed } from "../kernel/fiberName.ts"
import type { Machine } from "./Machine.ts"
import type { Stage } from "./Stage.ts"

/** After the time to get well and to end: a sentence for each node that is not up, and each client that goes on. */
export const stalled = (stage: Stage): ReadonlyArray<string> =>
  [
    ...stage.nodes.map(unbuilt),
    ...stage.clients.map((client) => (client.isDone ? undefined : stallOf(stage, client)))
  ].filter((problem) => problem !== undefined)

const unbuilt = ({ fiber, name, services }: Machine): string | undefined =>
  fiber === undefined || services !== undefined
    ? undefined
    : `${name} is still not built, in ${whereabouts(fiber)}`

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
