/**
 * Ends a node without losing a request.
 *
 * | step | bound |
 * |---|---|
 * | the state is `draining`: nodes and clients are told at once; the listener stays open | - |
 * | nothing new is taken; what waits is handed back, and clients send it elsewhere | - |
 * | running handlers finish, and their answers leave | `drainTimeout` less 5 s |
 * | what still runs is interrupted; its callers see a broken connection | 1 s |
 * | connections are flushed and closed, by whoever owns them | 2 s each |
 *
 * **Gotchas**
 *
 * The node must be the last layer that is built and so the first that is closed: a layer merged
 * beside it would close in parallel, and take away what running handlers need.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { ServiceRouter } from "../service/ServiceRouter.ts"

/** Kept for the steps after the handlers, so that the whole fits into `drainTimeout`. */
const closingTime = Duration.seconds(5)
const stopMax = "1 second"

/**
 * Drains `router`. `announce` tells nodes and clients that this node leaves. Never fails, and
 * never takes longer than `drainTimeout`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const drain = Effect.fnUntraced(function* (
  router: ServiceRouter["Service"],
  announce: Effect.Effect<void>,
  drainTimeout: Duration.Duration
) {
  yield* announce
  yield* router.drain
  const finished = yield* Effect.timeoutOption(
    router.idle,
    Duration.max(Duration.subtract(drainTimeout, closingTime), Duration.zero)
  )
  if (finished._tag === "Some") return
  const { running } = router.standing()
  yield* Effect.logWarning(
    `${running} requests still ran after the time for draining; they were interrupted`
  )
  yield* router.stop
  yield* Effect.timeoutOption(router.idle, stopMax)
})
