/**
 * What a call can fail with, besides the service's own typed errors.
 */
import * as Schema from "effect/Schema"
import type {
  BodyTooLarge,
  DeadlineExceeded,
  Draining,
  NotAuthorized,
  NotReady,
  Overloaded,
  ServiceFailed,
  ServiceNotFound,
  VersionMismatch
} from "../service/Refusal.ts"
import type { InvalidPayload } from "../service/ServiceBytes.ts"

/**
 * No node of the cloud could be asked; the request did not start. `tried` says why for each.
 *
 * @category errors
 * @since 0.1.0
 */
export class CloudUnreachable extends Schema.TaggedError<CloudUnreachable>()("CloudUnreachable", {
  service: Schema.String,
  tried: Schema.Array(Schema.Struct({ node: Schema.String, why: Schema.String }))
}) {
  override get message() {
    const tried = this.tried.map(({ node, why }) => `${node}: ${why}`).join("; ")
    return `no node can serve ${this.service} (${tried || "no address is known"}); check that the cloud runs and has room, and that the addresses are right`
  }
}

/**
 * The connection broke after the request was sent, and the service must not be repeated: it ran,
 * or it did not. With an `idempotencyKey` the same call may be made again and takes effect once.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnknownOutcome extends Schema.TaggedError<UnknownOutcome>()("UnknownOutcome", {
  service: Schema.String,
  node: Schema.String,
  idempotencyKey: Schema.optionalKey(Schema.String)
}) {
  override get message() {
    return `nobody knows whether ${this.service} ran: ${this.node} was lost while it worked on it`
  }
}

/**
 * A service that was called by bytes failed with one of its typed errors. `error` is its JSON.
 *
 * @category errors
 * @since 0.1.0
 */
export class ServiceError extends Schema.TaggedError<ServiceError>()("ServiceError", {
  service: Schema.String,
  error: Schema.Json
}) {
  override get message() {
    return `${this.service} failed: ${JSON.stringify(this.error)}`
  }
}

/**
 * - Not started: `Overloaded`, `Draining`, `NotReady`, `CloudUnreachable`, `VersionMismatch`,
 *   `NotAuthorized`, `ServiceNotFound`, `BodyTooLarge`, `InvalidPayload`.
 * - Ran and broke: `ServiceFailed`. - Nobody knows: `UnknownOutcome`.
 * - `DeadlineExceeded` says itself whether it started.
 *
 * @category models
 * @since 0.1.0
 */
export type CallError =
  | CloudUnreachable
  | UnknownOutcome
  | ServiceError
  | Overloaded
  | Draining
  | NotReady
  | ServiceNotFound
  | NotAuthorized
  | VersionMismatch
  | BodyTooLarge
  | DeadlineExceeded
  | ServiceFailed
  | InvalidPayload
