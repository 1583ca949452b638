/**
 * The typed refusals of a node, and what a caller may conclude from each.
 *
 * A refusal means that no handler code ran (CL9), so the request may go elsewhere at once. Only
 * `DeadlineExceeded`, `ServiceFailed` and `NotReady` can come after the start, and say so.
 */
import * as Schema from "effect/Schema"
import { InvalidPayload } from "./ServiceBytes.ts"

/**
 * The node has no room for this request now. It did not start.
 *
 * `retryAfterMs`: when to try this node again, 50 ms to 5 s. `reason`: which limit was reached.
 *
 * @category errors
 * @since 0.1.0
 */
export class Overloaded extends Schema.TaggedError<Overloaded>()("Overloaded", {
  retryAfterMs: Schema.Number,
  reason: Schema.Literals(["queue", "deadline", "connection", "memory", "eventLoop", "log"])
}) {
  override get message() {
    const { reason, retryAfterMs } = this
    const again = `try again in ${Math.round(retryAfterMs)} ms`
    return reason === "connection"
      ? `this connection has as many requests (calls, watches or bytes of them) in flight as a node takes of one; end some, spread them over more clients, or ${again}`
      : `the node is overloaded (${reason}); ${again}`
  }
}

/**
 * The node is shutting down. The request did not start; every other node may serve it.
 *
 * @category errors
 * @since 0.1.0
 */
export class Draining extends Schema.TaggedError<Draining>()("Draining", {
  node: Schema.String
}) {
  override get message() {
    return `${this.node} is shutting down and takes no new requests`
  }
}

/**
 * The node is starting and takes no requests yet, or has handed this one back. `started`: some of it
 * may have taken effect; a client then goes on as after an answer that was lost.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotReady extends Schema.TaggedError<NotReady>()("NotReady", {
  node: Schema.String,
  state: Schema.String,
  started: Schema.optionalKey(Schema.Boolean)
}) {
  override get message() {
    return `${this.node} is not ready (${this.state})`
  }
}

/**
 * No service of this name runs on the node.
 *
 * @category errors
 * @since 0.1.0
 */
export class ServiceNotFound extends Schema.TaggedError<ServiceNotFound>()("ServiceNotFound", {
  service: Schema.String,
  offered: Schema.Array(Schema.String)
}) {
  override get message() {
    return `no service is named "${this.service}"; offered: ${this.offered.join(", ")}`
  }
}

/**
 * The caller may not use this service.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotAuthorized extends Schema.TaggedError<NotAuthorized>()("NotAuthorized", {
  service: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.service}: ${this.reason}`
  }
}

/**
 * The two sides cannot talk: `what` differs (protocol, cloud, or the schemas of a service).
 *
 * @category errors
 * @since 0.1.0
 */
export class VersionMismatch extends Schema.TaggedError<VersionMismatch>()("VersionMismatch", {
  what: Schema.String,
  ours: Schema.String,
  theirs: Schema.String
}) {
  override get message() {
    const cure =
      this.what === "cloud"
        ? "give both sides the same name of the cloud (cluster)"
        : "run the same release on both sides"
    return `${this.what} differs: we have ${this.ours}, the other side has ${this.theirs}; ${cure}`
  }
}

/**
 * The body is larger than a node takes. Nothing was sent or held.
 *
 * @category errors
 * @since 0.1.0
 */
export class BodyTooLarge extends Schema.TaggedError<BodyTooLarge>()("BodyTooLarge", {
  bytes: Schema.Number,
  maxBytes: Schema.Number
}) {
  override get message() {
    return `a body of ${this.bytes} bytes is over the limit of ${this.maxBytes}`
  }
}

/**
 * The time of the call is over. `started: false`: no handler ran. `idempotencyKey`, when the call
 * had one, may be used to ask for the result again.
 *
 * @category errors
 * @since 0.1.0
 */
export class DeadlineExceeded extends Schema.TaggedError<DeadlineExceeded>()("DeadlineExceeded", {
  service: Schema.String,
  started: Schema.Boolean,
  idempotencyKey: Schema.optionalKey(Schema.String)
}) {
  override get message() {
    return `${this.service} was not answered in time (${this.started ? "it had started" : "it had not started"})`
  }
}

/**
 * The handler broke. `reference` finds the cause in the node's log; nothing of it travels.
 *
 * @category errors
 * @since 0.1.0
 */
export class ServiceFailed extends Schema.TaggedError<ServiceFailed>()("ServiceFailed", {
  service: Schema.String,
  node: Schema.String,
  reference: Schema.String
}) {
  override get message() {
    return `${this.service} failed on ${this.node}; its log has the cause under ${this.reference}`
  }
}

/**
 * Everything a node may answer instead of a result.
 *
 * @category schemas
 * @since 0.1.0
 */
export const Refusal = Schema.Union([
  Overloaded,
  Draining,
  NotReady,
  ServiceNotFound,
  NotAuthorized,
  VersionMismatch,
  BodyTooLarge,
  DeadlineExceeded,
  ServiceFailed,
  InvalidPayload
])

/**
 * @category models
 * @since 0.1.0
 */
export type Refusal = typeof Refusal.Type
