/**
 * One attempt of a call at one node: sends the request, and says what its end means.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Outcome as Placed, Ticket } from "../../cloud/Placement.ts"
import type { NodeId } from "../../cloud/UpdateInfo.ts"
import type { Repeat } from "../../service/Access.ts"
import type { Refusal } from "../../service/Refusal.ts"
import type { RequestHead } from "../../service/Wire.ts"
import type { Address } from "../../transport/Address.ts"
import { type CallError, UnknownOutcome } from "../CallError.ts"
import type { Link, LinkReply } from "../Link.ts"
import type { Outcome } from "../pure/Attempts.ts"

/** A call, by type or by bytes. */
export interface Call {
  readonly head: Pick<RequestHead, "service" | "mode" | "params" | "fingerprint">
  readonly body: Uint8Array
  /** Absent: the call is by name, and the nodes say. */
  readonly repeat?: Repeat
  readonly timeout?: Duration.Input
  readonly idempotencyKey?: string
  readonly node?: Address
}

/** A call under way. */
export interface Running {
  readonly call: Call
  readonly service: string
  readonly startMs: number
  readonly deadlineMs: number
  key: string | undefined
  /** Whether an attempt is under way or in doubt, so that the call may have started. */
  sent: boolean
}

/** An answer, and why an earlier attempt of the call may have run, if one may. */
export interface Answered extends LinkReply {
  readonly doubt?: CallError | undefined
}

/** `mayLeave`: whether the attempt ends in doubt when the node stands still. Undefined: it never does. */
export type SendTo = (
  link: Link,
  call: Running,
  mayLeave?: () => boolean
) => Effect.Effect<LinkReply, Missed | Refusal>

/** An attempt that did not bring an answer, and what it says about the next one. */
export class Missed {
  readonly node: NodeId | undefined
  readonly outcome: Outcome
  /** What the caller gets if nothing is left to try. */
  readonly error: CallError

  constructor(node: NodeId | undefined, outcome: Outcome, error: CallError) {
    this.node = node
    this.outcome = outcome
    this.error = error
  }
}

/** Sends the request. Fails with `Missed`, or with the refusal that is the call's final answer. */
export const send = (
  link: Link,
  head: RequestHead,
  body: Uint8Array,
  mayLeave?: () => boolean
): Effect.Effect<LinkReply, Missed | Refusal> =>
  Effect.matchEffect(link.request(head, body, mayLeave), {
    onSuccess: (reply) => {
      const { refusal } = reply.head
      if (refusal === undefined) return Effect.succeed(reply)
      return Effect.fail(
        refusal._tag === "NotReady" && refusal.started === true
          ? new Missed(link.node, { _tag: "Unknown" }, unknown(head, link.node))
          : meaning(link.node, refusal)
      )
    },
    onFailure: ({ node, started }) =>
      Effect.fail(
        new Missed(link.node, { _tag: started ? "Unknown" : "NotSent" }, unknown(head, node))
      )
  })

const unknown = ({ idempotencyKey, service }: RequestHead, node: string) =>
  new UnknownOutcome({ service, node, ...(idempotencyKey !== undefined && { idempotencyKey }) })

/** While the attempt is under way, and once it is in doubt, `call` may have started. */
export const counted = <A>(
  call: Running,
  attempt: Effect.Effect<A, Missed | Refusal>
): Effect.Effect<A, Missed | Refusal> =>
  Effect.suspend(() => {
    const { sent } = call
    call.sent = true
    return Effect.tapError(attempt, (error) =>
      Effect.sync(() => {
        if (error instanceof Missed && error.outcome._tag !== "Unknown") call.sent = sent
      })
    )
  })

/** Runs an attempt that placement gave out, and tells placement how it went. */
export const tracked = (
  ticket: Ticket,
  attempt: Effect.Effect<LinkReply, Missed | Refusal>
): Effect.Effect<LinkReply, Missed | Refusal> =>
  attempt.pipe(
    Effect.tap(({ head: { load } }) =>
      Effect.sync(() => ticket.done({ _tag: "Answered" }, { load, meanMs: load.meanMs }))
    ),
    Effect.tapError((error) => Effect.sync(() => ticket.done(verdict(error)))),
    // What is left is an interruption, which says nothing about the node.
    Effect.ensuring(Effect.sync(() => ticket.done({ _tag: "Refused" })))
  )

const meaning = (node: NodeId, refusal: Refusal): Missed | Refusal => {
  switch (refusal._tag) {
    case "Draining":
    case "NotReady":
      return new Missed(node, { _tag: "TurnedAway" }, refusal)
    case "Overloaded":
      return new Missed(node, { _tag: "Overloaded", retryAfterMs: refusal.retryAfterMs }, refusal)
    case "VersionMismatch":
    case "ServiceNotFound":
      return new Missed(node, { _tag: "Unfit" }, refusal)
    default:
      return refusal
  }
}

const verdict = (error: Missed | Refusal): Placed => {
  if (!(error instanceof Missed)) {
    const broke = error._tag === "ServiceFailed" || error._tag === "DeadlineExceeded"
    return { _tag: broke ? "Failed" : "Refused" }
  }
  const { outcome } = error
  if (outcome._tag === "Overloaded") return outcome
  return { _tag: outcome._tag === "Unknown" || outcome._tag === "NotSent" ? "Failed" : "Refused" }
}
