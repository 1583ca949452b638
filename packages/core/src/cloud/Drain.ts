/**
 * Ends a node without losing a request.
 *
 * | step | bound |
 * |---|---|
 * | the state is `draining`: nodes and clients are told at once; the listener stays open | - |
 * | nothing new is taken; what waits is handed back, and clients send it elsewhere | - |
 * | another node leads the log, if this one did | 3 s, beside the next |
 * | running handlers finish, and their answers leave | `drainTimeout` less 5 s |
 * | what still runs is interrupted; its callers see a broken connection | 1 s |
 * | in memory: this node gives up its vote, so that the others need it no more | 2 s |
 * | clients close their connections, since they were told; what they still send is answered | 2 s |
 * | the other connections are flushed and closed, by whoever owns them | 2 s each |
 *
 * **Gotchas**
 *
 * The node must be the last layer that is built and so the first that is closed: a layer merged
 * beside it would close in parallel, and take away what running handlers need.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { ServiceRouter } from "../service/ServiceRouter.ts"

/** Kept for the steps after the handlers, so that the whole fits into `drainTimeout`. */
const closingTime = Duration.seconds(5)
const stopMax = "1 second"

/** How long the log may take to go on without this node. */
const handOverMax = Duration.seconds(3)
const logLeaveMax = Duration.seconds(2)

/** How long clients have to close their connections after everything was answered. */
const leaveMax = "2 seconds"

/**
 * Drains `router`. `announce` tells nodes and clients that this node leaves; `clients` counts
 * their connections. Never fails. Handlers get `drainTimeout` less 5 s for leaving, and a
 * second at least.
 *
 * @category constructors
 * @since 0.1.0
 */
export const drain = Effect.fnUntraced(function* (options: {
  readonly router: ServiceRouter["Service"]
  readonly announce: Effect.Effect<void>
  readonly clients: () => number
  /** Another node leads the log, if this one did. */
  readonly handOver: Effect.Effect<void>
  /** This node gives up its vote. */
  readonly leave: Effect.Effect<void>
  readonly drainTimeout: Duration.Duration
}) {
  const { announce, clients, router } = options
  yield* announce
  yield* router.drain
  // Who waits for a handler that was interrupted learns it from the end of the connection.
  const within = (max: Duration.Duration) => Duration.min(options.drainTimeout, max)
  const handOver = Effect.timeoutOption(options.handOver, within(handOverMax))
  const [isDone] = yield* Effect.all([finish(router, options.drainTimeout), handOver], {
    concurrency: 2
  })
  yield* Effect.timeoutOption(options.leave, within(logLeaveMax))
  if (!isDone) return
  yield* Effect.sync(clients).pipe(
    Effect.repeat({ until: (open) => open === 0, schedule: Schedule.spaced("10 millis") }),
    Effect.timeoutOption(leaveMax)
  )
})

/** Whether all handlers ended by themselves. */
const finish = Effect.fnUntraced(function* (
  router: ServiceRouter["Service"],
  drainTimeout: Duration.Duration
) {
  const idle = yield* Effect.timeoutOption(
    router.idle,
    Duration.max(Duration.subtract(drainTimeout, closingTime), Duration.zero)
  )
  if (idle._tag === "Some") return true
  const { running } = router.standing()
  yield* Effect.logWarning(
    `${running} requests still ran after the time for draining; they were interrupted`
  )
  yield* router.stop
  yield* Effect.timeoutOption(router.idle, stopMax)
  return false
})
