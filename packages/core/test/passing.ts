import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"

/** Time goes on while `self` runs. */
export const passing = <A, E, R>(self: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.raceFirst(
    self,
    Effect.forever(Effect.andThen(TestClock.adjust("10 millis"), Effect.yieldNow))
  )
