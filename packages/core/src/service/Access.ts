/**
 * Says who may call a service.
 *
 * Every service has one of three kinds. `internal` is for the nodes of the cloud, `database` for
 * the document database, `public` for everyone who can reach a node. The kind decides admission;
 * who the caller is comes from the connection, as `PeerIdentity`.
 */
import * as Context from "effect/Context"

/**
 * - `internal`: CloudNodes only; not placed by load, never shed.
 * - `public`: any client; placed by load.
 * - `database`: any client; served by every node, writes forwarded to the leader.
 *
 * @category models
 * @since 0.1.0
 */
export type AccessKind = "internal" | "public" | "database"

/**
 * How a service may be repeated when nobody knows whether it ran.
 *
 * - `read`: has no effect.
 * - `pure`: computes only, so a second answer is as good as the first.
 * - `keyed`: writes through the database; the idempotency key makes it take effect once.
 * - `once`: touches the outside world. An unknown outcome is reported, never repeated.
 *
 * @category models
 * @since 0.1.0
 */
export type Repeat = "read" | "pure" | "keyed" | "once"

/**
 * How many handlers of one service run at once on one node: one per core for work that keeps the
 * processor busy, or a number.
 *
 * @category models
 * @since 0.1.0
 */
export type Concurrency = "cores" | number

/**
 * Who is at the other end of a connection. `node` is a claim that nobody has proved: until nodes
 * have identities, a cloud listens on loopback only.
 *
 * @category models
 * @since 0.1.0
 */
export type Identity =
  | { readonly _tag: "Anonymous" }
  | { readonly _tag: "Node"; readonly node: string }

/**
 * The caller of the handler that runs in this fiber.
 *
 * @category references
 * @since 0.1.0
 */
export const PeerIdentity = Context.Reference<Identity>("@distri/core/service/PeerIdentity", {
  defaultValue: () => ({ _tag: "Anonymous" })
})
