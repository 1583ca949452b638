/**
 * Drives a contender in a closed loop: each of `inFlight` workers asks again when it was answered.
 *
 * Two forms, so that nobody pays for the other's style: promises for those that have them, fibers
 * for those that have effects.
 */
import * as Effect from "effect/Effect"
import type { Load, Run } from "./Benchmark.ts"

export const withPromises =
  (operation: () => Promise<unknown>) =>
  async ({ inFlight, ms }: Load): Promise<Run> => {
    const stopwatch = startStopwatch(ms)
    const worker = async () => {
      while (stopwatch.running()) {
        const startedMs = performance.now()
        await operation()
        stopwatch.record(startedMs)
      }
    }
    await Promise.all(Array.from({ length: inFlight }, worker))
    return stopwatch.run()
  }

/** For calls that end at once. Many are timed as one, since a look at the clock takes time too. */
export const withCalls =
  (operation: () => unknown) =>
  async ({ ms }: Load): Promise<Run> => {
    const startMs = performance.now()
    const means: Array<number> = []
    let operations = 0
    let each = 1
    while (performance.now() - startMs < ms) {
      const startedMs = performance.now()
      for (let at = 0; at < each; at += 1) operation()
      const tookMs = performance.now() - startedMs
      operations += each
      means.push(tookMs / each)
      if (tookMs < 1) each *= 2
    }
    return summary(means, operations, startMs)
  }

export const withFibers =
  <E>(operation: Effect.Effect<unknown, E>) =>
  ({ inFlight, ms }: Load): Promise<Run> => {
    const stopwatch = startStopwatch(ms)
    const worker = Effect.gen(function* () {
      while (stopwatch.running()) {
        const startedMs = performance.now()
        yield* operation
        stopwatch.record(startedMs)
      }
    })
    const workers = Effect.replicateEffect(worker, inFlight, {
      concurrency: "unbounded",
      discard: true
    })
    return Effect.runPromise(Effect.map(workers, () => stopwatch.run()))
  }

const startStopwatch = (ms: number) => {
  const startMs = performance.now()
  const times: Array<number> = []
  return {
    running: () => performance.now() - startMs < ms,
    record: (startedMs: number) => void times.push(performance.now() - startedMs),
    run: (): Run => summary(times, times.length, startMs)
  }
}

const summary = (times: ReadonlyArray<number>, operations: number, startMs: number): Run => {
  const seconds = (performance.now() - startMs) / 1000
  const sorted = Float64Array.from(times).toSorted()
  const percentileUs = (share: number) => sorted[Math.floor(share * sorted.length)]! * 1000
  return { operations, seconds, p50Us: percentileUs(0.5), p99Us: percentileUs(0.99) }
}
