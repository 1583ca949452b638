/**
 * The way to the other nodes of a cloud, as the log needs it. The cloud supplies it.
 *
 * Messages of Raft are posted: whether they arrive nobody learns, and nobody has to. Everything else
 * is a call with an answer.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Service from "../service/Service.ts"

/**
 * No answer came. `started: false`: the request certainly did not reach a handler; in doubt, true.
 * `refused`: nothing listens where the node should be.
 *
 * @category errors
 * @since 0.1.0
 */
export class LinkFailed extends Schema.TaggedError<LinkFailed>()("LinkFailed", {
  started: Schema.Boolean,
  refused: Schema.optionalKey(Schema.Boolean)
}) {
  override get message() {
    return `the other node did not answer (${this.started ? "it may have started" : "it did not start"})`
  }
}

/**
 * Calls any service at one node.
 *
 * @category models
 * @since 0.1.0
 */
export type Caller = <S extends Service.Any>(
  service: S,
  payload: Service.Payload<S>
) => Effect.Effect<Service.Success<S>, Service.Error<S> | LinkFailed>

/**
 * Nodes are named by their address.
 *
 * @category services
 * @since 0.1.0
 */
export class RaftPeers extends Context.Service<
  RaftPeers,
  {
    /** All other nodes that this one knows of: given to it, or heard of. */
    readonly known: Effect.Effect<ReadonlyArray<string>>
    readonly call: (node: string) => Caller
    /** Hands `frame` to the connection, dialled if there is none. Bounded; waits while it is full. */
    readonly post: (node: string, frame: Uint8Array) => Effect.Effect<void, LinkFailed>
    /** The node was heard just now: a pause before it is dialled again is over. */
    readonly heard: (node: string) => void
  }
>()("@distri/core/log/RaftPeers") {}
