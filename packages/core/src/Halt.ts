/**
 * Stops the node when one of its rules is broken.
 *
 * A defect ends only the fiber it happens in: a forked loop dies unseen, and a request handler
 * answers its caller and goes on. A node with a broken rule must not go on, so a shell wraps
 * `step` in `guard`, and the program races `stopped`.
 */
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/**
 * @category services
 * @since 0.1.0
 */
export class Halt extends Context.Service<
  Halt,
  {
    /** Runs `self` as it is. A defect in it also ends `stopped`. */
    readonly guard: <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

    /** Never succeeds. Dies with the first defect that `guard` saw. */
    readonly stopped: Effect.Effect<never>
  }
>()("@distri/core/Halt") {
  static readonly layer = Layer.effect(
    Halt,
    Effect.gen(function* () {
      const first = yield* Deferred.make<never>()
      return Halt.of({
        guard: Effect.tapDefect((defect) => Deferred.die(first, defect)),
        stopped: Deferred.await(first)
      })
    })
  )
}
