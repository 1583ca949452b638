/**
 * What a handler can know about the request it answers, besides its payload.
 *
 * Each fact is a `Context.Reference` with a safe default, so a handler runs the same in a test
 * without a node, and asking for one adds no requirement.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/**
 * @category models
 * @since 0.1.0
 */
export interface Request {
  /** Repeats of one call carry the same key. Absent: the caller did not ask for exactly-once. */
  readonly idempotencyKey: string | undefined
  /** The highest database version the caller has seen. A read waits until this node has it. */
  readonly seen: number
  /** The log that `seen` counts in: versions of two do not compare. `""`: of this node's. */
  readonly log: string
  /**
   * When the caller's time ends, in ms of this process's monotonic clock. A nested call never gets
   * more time than this leaves it (CL12).
   */
  readonly deadlineMs: number
}

/**
 * The request that runs in this fiber.
 *
 * @category references
 * @since 0.1.0
 */
export const CurrentRequest = Context.Reference<Request>("@distri/core/service/CurrentRequest", {
  defaultValue: () => ({ idempotencyKey: undefined, seen: 0, log: "", deadlineMs: Infinity })
})

/**
 * What is left of the caller's time, at most 10 minutes. Give it to what the handler waits for.
 *
 * @category getters
 * @since 0.1.0
 */
export const timeLeft: Effect.Effect<Duration.Duration> = Effect.gen(function* () {
  const { deadlineMs } = yield* CurrentRequest
  const nowMs = Number(yield* Clock.monotonicTimeNanos) / 1e6
  return Duration.millis(Math.min(Math.max(deadlineMs - nowMs, 0), 600_000))
})

/**
 * What a handler dies with when it hands its request back.
 *
 * @category models
 * @since 0.1.0
 */
export class HandedBack {
  readonly why: string
  readonly started: boolean
  constructor(why: string, started: boolean) {
    this.why = why
    this.started = started
  }
}

/**
 * Hands the request back: this node cannot serve it. The client takes it to another node, and tells
 * its caller `why`, of which 2,000 characters travel, if none takes it. `started`: the handler may have
 * done something, so only a service that may be repeated is taken elsewhere, and its outcome is unknown
 * until another node has answered.
 *
 * @category constructors
 * @since 0.1.0
 */
export const handBack = (
  why: string,
  { started = false }: { readonly started?: boolean } = {}
): Effect.Effect<never> => Effect.die(new HandedBack(why, started))
