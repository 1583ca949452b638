/**
 * This node as a member of its log: who leads, who votes, and how members come and go.
 *
 * `ReplicatedLog` is what the database needs of a log; this is what the cloud around it needs.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { JoinAnswer, JoinQuestion } from "../service/LogServices.ts"
import type { ReplicatedLog, Unavailable } from "./ReplicatedLog.ts"

/**
 * What part a node has in its log. `replica`: it copies what members have, and counts for nothing.
 *
 * @category models
 * @since 0.1.0
 */
export const LogRole = Schema.Literals(["leader", "voter", "learner", "replica"])
/** @category models */
export type LogRole = typeof LogRole.Type

/**
 * How the log stands, as this node sees it.
 *
 * @category models
 * @since 0.1.0
 */
export interface LogStatus {
  readonly role: LogRole
  readonly term: number
  /** The node that leads, if this one knows. */
  readonly leader: string | undefined
  /** Nodes, not incarnations. */
  readonly voters: ReadonlyArray<string>
  readonly learners: ReadonlyArray<string>
  /** Entries up to here are known to be committed. */
  readonly commit: number
  readonly retainedBytes: number
  /**
   * How many more voters may be lost before writes stop: of those that vote, as far as this node
   * hears them. Negative: writes have stopped.
   */
  readonly survives: number
}

/**
 * The answer to a frame of messages: `issue` says why the connection should be closed.
 *
 * @category models
 */
export type Received = undefined | { readonly issue: string }

/**
 * @category services
 * @since 0.1.0
 */
export class LogMember extends Context.Service<
  LogMember,
  {
    readonly status: Effect.Effect<LogStatus>

    /** This node's own part of the log: asks nobody, and refuses what it cannot know by itself. */
    readonly local: ReplicatedLog["Service"]

    /** Messages from the log of the node `from`. Never waits. */
    readonly receive: (from: string, frame: Uint8Array) => Received

    /** Another node says who it is and asks what part it has. */
    readonly join: (question: JoinQuestion) => Effect.Effect<JoinAnswer>

    /** The member `id` has fetched a piece of a snapshot from here. */
    readonly fetched: (id: string) => void

    /** Ends when nobody has been there for 2 s: where the other nodes should be, all is refused. */
    readonly alone: Effect.Effect<void>

    /** Ends when this node has the part that the leader wants it to have. */
    readonly settled: Effect.Effect<void>

    /** If this node leads, another one does when this ends; or none could be found. */
    readonly handOver: Effect.Effect<void, Unavailable>

    /**
     * This node gives up its vote, so that the others need it no more. What only it holds ends with
     * it. `Unavailable`: it is still a member, for instance the last one, and stays one.
     */
    readonly leave: Effect.Effect<void, Unavailable>

    /** The leader takes the vote and the place of `node` away, as if it had left. */
    readonly remove: (node: string) => Effect.Effect<void, Unavailable>
  }
>()("@distri/core/log/LogMember") {}
