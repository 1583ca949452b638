/** Entries of 100 bytes, in batches as large as the load says. */
import type { Load, Run } from "../Benchmark.ts"
import { withCalls } from "../closedLoop.ts"

export const payload = (): Uint8Array => new Uint8Array(100).fill(7)

/** Counts entries, not batches. */
export const entriesPerSecond = async (
  load: Load,
  propose: (batch: ReadonlyArray<Uint8Array>) => void
): Promise<Run> => {
  const size = load.inFlight
  const data = payload()
  const run = await withCalls(() => propose(Array.from({ length: size }, () => data)))(load)
  return { ...run, operations: run.operations * size }
}
