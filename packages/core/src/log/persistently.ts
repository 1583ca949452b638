/** Tries again after errors that pass, with growing pauses. */
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"

// 100 ms, then twice as long each time up to 2 s, each 80-120 % of that, so that nodes that lost
// the same writer do not come back in step.
const backoff = Schedule.min([
  Schedule.exponential("100 millis"),
  Schedule.spaced("2 seconds")
]).pipe(Schedule.jittered)

/** Tries again, for ever, after each error that `passes` holds for. */
export const persistently =
  <E, T extends E>(passes: (error: E) => error is T) =>
  <A, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, Exclude<E, T>, R> =>
    self.pipe(
      Effect.retry({ schedule: backoff, while: passes }),
      // The schedule has no end, so what passes never gets here.
      Effect.catchIf(passes, Effect.die)
    ) as Effect.Effect<A, Exclude<E, T>, R>
