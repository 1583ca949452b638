/** The clock of one process: the wall clock of its machine, and monotonic time that never jumps. */
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { SimProcess } from "./SimProcess.ts"

/** When simulated time begins: 2026-01-01. A program that meets a year of 1970 has a bug of its own. */
export const epochMs = 1_767_225_600_000

/** Remembers the last one: time is read far more often than it passes. */
const makeNanos = () => {
  let lastMs = 0
  let last = 0n
  return (ms: number): bigint => {
    if (ms === lastMs) return last
    lastMs = ms
    last = BigInt(Math.round(ms * 1_000)) * 1_000n
    return last
  }
}

export const simClock = (process: SimProcess): Clock.Clock => {
  const { kernel } = process
  const wallMs = () => Math.floor(epochMs + kernel.nowMs + process.wallOffsetMs)
  const ofWall = makeNanos()
  const ofMonotonic = makeNanos()
  const wallNanos = () => ofWall(epochMs + kernel.nowMs + process.wallOffsetMs)
  const monotonicNanos = () => ofMonotonic(kernel.nowMs)
  return {
    currentTimeMillisUnsafe: wallMs,
    currentTimeNanosUnsafe: wallNanos,
    monotonicTimeNanosUnsafe: monotonicNanos,
    currentTimeMillis: Effect.sync(wallMs),
    currentTimeNanos: Effect.sync(wallNanos),
    monotonicTimeNanos: Effect.sync(monotonicNanos),
    sleep: (duration) => {
      const ms = Duration.toMillis(duration)
      if (ms === Infinity) return Effect.never
      return Effect.callback<void>((resume) => {
        // Some time passes however short the wait is, or who waits for the rest of nothing would loop.
        const delayMs = ms <= 0 ? 0.001 : Math.max(1, ms)
        const timer = kernel.setTimer(process, delayMs, () => resume(Effect.void))
        return Effect.sync(() => kernel.cancel(timer))
      })
    }
  }
}
