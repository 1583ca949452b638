import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import { Unavailable } from "../../log/ReplicatedLog.ts"
import { empty, type State } from "@distri/store/state/State"

/** Somebody who waits until `index` is applied. */
interface Waiter {
  readonly index: number
  readonly reached: Deferred.Deferred<void, Unavailable>
}

/** This node's copy of the database: one fiber publishes states, everyone else reads or waits. */
export const make = Effect.gen(function* () {
  const root = yield* Ref.make(empty)
  const waiters = new Set<Waiter>()
  let stopped: Unavailable | undefined

  const stop = (reason: Unavailable["reason"]): Effect.Effect<never, Unavailable> =>
    Effect.suspend(() => {
      const why = stopped ?? new Unavailable({ reason })
      stopped = why
      for (const { reached } of waiters) Deferred.doneUnsafe(reached, Effect.fail(why))
      return Effect.fail(why)
    })
  yield* Effect.addFinalizer(() => Effect.ignore(stop("Stopping")))

  return {
    state: Ref.get(root),
    /** The state at this moment, for who need not wait for anything. */
    current: () => Ref.getUnsafe(root),
    publish: (state: State) =>
      Effect.andThen(
        Ref.set(root, state),
        Effect.sync(() => {
          for (const { index, reached } of waiters)
            if (index <= state.index) Deferred.doneUnsafe(reached, Effect.void)
        })
      ),
    /** Nothing more will be published. Whoever waits fails with the reason; the first one stays. */
    stop,
    /** Fails once the copy has stopped. */
    running: Effect.suspend(() => (stopped === undefined ? Effect.void : Effect.fail(stopped))),
    /** The state, once everything up to `index` is applied. */
    applied: Effect.fnUntraced(function* (index: number) {
      const state = yield* Ref.get(root)
      if (state.index >= index) return state
      if (stopped !== undefined) return yield* stopped
      yield* Effect.acquireUseRelease(
        Effect.sync(() => {
          const waiter: Waiter = { index, reached: Deferred.makeUnsafe() }
          waiters.add(waiter)
          return waiter
        }),
        ({ reached }) => Deferred.await(reached),
        (waiter) => Effect.sync(() => waiters.delete(waiter))
      )
      return yield* Ref.get(root)
    })
  }
})
