/**
 * Drives work that pauses itself, so that a long loop never holds the event loop.
 *
 * The work is a generator that yields about every millisecond. Between two slices other fibers,
 * sockets and timers get their turn, and an interruption takes effect.
 */
import * as Effect from "effect/Effect"

export const run: <A>(work: Generator<void, A>) => Effect.Effect<A> = Effect.fnUntraced(function* <
  A
>(work: Generator<void, A>) {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
    yield* Effect.yieldNow
  }
})

/** Runs the work at once. For small pictures only. */
export const runSync = <A>(work: Generator<void, A>): A => {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}
