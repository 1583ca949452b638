/**
 * The values that all contenders write: 200 bytes, each under a key of its own.
 *
 * What was acknowledged is counted, and after each run the contender is asked how many it holds: a
 * store that loses some has no figures.
 */
import * as Effect from "effect/Effect"
import type { Load, Run } from "../Benchmark.ts"
import { withFibers, withPromises } from "../closedLoop.ts"

export const value = "v".repeat(200)

/** Another key at each call, and other keys in each process. */
export const makeKeys = (): (() => string) => {
  const process = Math.random().toString(36).slice(2, 8)
  let at = 0
  return () => `${process}-${String(at++).padStart(9, "0")}`
}

/** `write` succeeds once the value is committed. `count`: how many values there are. */
export const promises = (write: () => Promise<unknown>, count: () => Promise<number>) =>
  checked(withPromises(write), count)

/** As `promises`. */
export const fibers = <E>(
  write: Effect.Effect<unknown, E>,
  count: Effect.Effect<number, unknown>
) => checked(withFibers(write), () => Effect.runPromise(count))

const checked = async (
  loop: (load: Load) => Promise<Run>,
  count: () => Promise<number>
): Promise<(load: Load) => Promise<Run>> => {
  let acknowledged = await count()
  return async (load) => {
    const run = await loop(load)
    acknowledged += run.operations
    const found = await count()
    if (found !== acknowledged) throw new Error(`${found} values, and ${acknowledged} acknowledged`)
    return run
  }
}
