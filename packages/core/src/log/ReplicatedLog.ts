/**
 * Orders the commands of the database: one sequence of entries that every node reads alike.
 *
 * The log carries opaque bytes and may hold a command twice; taking effect once is decided where
 * the entries are applied. Every engine keeps the same laws (RL1-RL16), so the database does not
 * know which one it has.
 *
 * **Gotchas**
 *
 * An error of `append` says which of two things holds: `Ambiguous` means nobody knows yet, every
 * other error means that the entry is not in the log and never will be.
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { Overloaded } from "../service/Refusal.ts"
import { LogIndex, LogTime } from "@distri/store/value/LogIndex"

export { LogIndex, LogTime }

/**
 * The cloud that a log belongs to. Entries of two clouds never mix.
 *
 * @category models
 * @since 0.1.0
 */
export const ClusterId = Schema.NonEmptyString.pipe(Schema.brand("ClusterId"))
/** @category models */
export type ClusterId = typeof ClusterId.Type

/**
 * The identity of a log's content: logs with one id hold the same entry at the same index. A log
 * in memory draws a new one each time it starts, since it starts empty.
 *
 * @category models
 * @since 0.1.0
 */
export const LogId = Schema.NonEmptyString.pipe(Schema.brand("LogId"))
/** @category models */
export type LogId = typeof LogId.Type

/**
 * `internal` entries belong to the engine: they move the version and nothing else.
 *
 * @category models
 * @since 0.1.0
 */
export const LogEntry = Schema.Struct({
  index: LogIndex,
  time: LogTime,
  kind: Schema.Literals(["command", "internal"]),
  data: Schema.Uint8Array
})
/** @category models */
export type LogEntry = typeof LogEntry.Type

/**
 * What an entry counts for in every limit: its bytes, and the room an empty one takes.
 *
 * @category getters
 * @since 0.1.0
 */
export const entryBytes = (data: Uint8Array): number => data.length + 64

/**
 * The largest entry, 1 MiB, in every engine.
 *
 * @category configuration
 * @since 0.1.0
 */
export const entryMaxBytes = 1024 * 1024

/**
 * A complete snapshot: the state after the entry at `index`, in `bytes` bytes.
 *
 * @category models
 * @since 0.1.0
 */
export const SnapshotRef = Schema.Struct({
  id: Schema.NonEmptyString,
  index: LogIndex,
  bytes: Schema.Natural
})
/** @category models */
export type SnapshotRef = typeof SnapshotRef.Type

/**
 * Who keeps this log, as a report: nothing is decided by it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Membership {
  readonly voters: ReadonlyArray<string>
  readonly learners: ReadonlyArray<string>
  readonly leader: string | undefined
}

/**
 * The entry is over the limit. It is not in the log.
 *
 * @category errors
 * @since 0.1.0
 */
export class TooLarge extends Schema.TaggedError<TooLarge>()("TooLarge", {
  bytes: Schema.Number,
  maxBytes: Schema.Number
}) {
  override get message() {
    return `${this.bytes} bytes are over the limit of ${this.maxBytes}`
  }
}

/**
 * The log cannot do this now, and did nothing: an entry is not in it.
 *
 * - `NoLeader`: nobody leads the log, or it cannot be reached. `NoQuorum`, `Joining`: not yet able to serve.
 * - `Stopping`: this log is closed. `StorageFull`: there is no room.
 * - `SnapshotGone`: a newer one took its place. `NotWriter`: this node only copies; ask a member.
 * - `LogRegressed`, `WrongCluster`: the log differs from the one followed here, for good.
 * - `Unsupported`: an entry needs a newer release than this node runs.
 * - `Behind`: this node has not applied the version that was asked for.
 *
 * @category errors
 * @since 0.1.0
 */
export class Unavailable extends Schema.TaggedError<Unavailable>()("Unavailable", {
  reason: Schema.Literals([
    "NoLeader",
    "NoQuorum",
    "Joining",
    "Stopping",
    "StorageFull",
    "SnapshotGone",
    "NotWriter",
    "LogRegressed",
    "WrongCluster",
    "Unsupported",
    "Behind"
  ])
}) {
  override get message() {
    return `the log is unavailable (${this.reason}): ${meanings[this.reason]}`
  }
}

/** What each reason means for who reads it, and what to do. */
const meanings = {
  NoLeader:
    "no node leads the log: one is being elected, or too few voters answer; ask later, or start the others again",
  NoQuorum: "too few nodes answer; start the others again",
  Joining: "this node is not part of the cloud yet; ask later",
  Stopping: "this node is shutting down; ask another",
  StorageFull: "there is no room, and a delete needs some too; make room on the disk of the node",
  SnapshotGone: "a newer snapshot took its place; ask again",
  NotWriter: "this node only copies the log; ask a member of it",
  LogRegressed:
    "the log began anew without this node's entries; restart this node to follow it, with another folder if it has one (data)",
  WrongCluster: "the log belongs to another cloud; check the addresses",
  Unsupported: "an entry needs a newer release; update this node",
  Behind: "this node has not applied that version yet; ask later, or another node"
}

/**
 * Nobody knows: the entry is in the log, or will be, or never. Asking again with the same `id` is
 * always safe.
 *
 * @category errors
 * @since 0.1.0
 */
export class Ambiguous extends Schema.TaggedError<Ambiguous>()("Ambiguous", {
  id: Schema.String
}) {
  override get message() {
    return `nobody knows whether "${this.id}" took effect; ask again with the same idempotencyKey, or read before you write again`
  }
}

/**
 * The entries before `first` are gone; `snapshot` reaches at least to the one before it.
 *
 * @category errors
 * @since 0.1.0
 */
export class Compacted extends Schema.TaggedError<Compacted>()("Compacted", {
  first: LogIndex,
  snapshot: SnapshotRef
}) {}

/**
 * This log ends before what was read from it, or is another one. What was applied here cannot be
 * continued with it.
 *
 * @category errors
 * @since 0.1.0
 */
export class LogRegressed extends Schema.TaggedError<LogRegressed>()("LogRegressed", {
  index: LogIndex,
  expected: Schema.String,
  found: Schema.String
}) {
  override get message() {
    return `the log differs from the one followed (expected ${this.expected}, found ${this.found})`
  }
}

/**
 * The log belongs to another cloud.
 *
 * @category errors
 * @since 0.1.0
 */
export class WrongCluster extends Schema.TaggedError<WrongCluster>()("WrongCluster", {
  ours: ClusterId,
  theirs: ClusterId
}) {}

/**
 * Bytes failed a check: `what` they are, and `where` they came from.
 *
 * @category errors
 * @since 0.1.0
 */
export class Corrupt extends Schema.TaggedError<Corrupt>()("Corrupt", {
  what: Schema.String,
  where: Schema.String
}) {
  override get message() {
    return `${this.what} is damaged: ${this.where}`
  }
}

/**
 * @category services
 * @since 0.1.0
 */
export class ReplicatedLog extends Context.Service<
  ReplicatedLog,
  {
    /** `durability`: what an acknowledged entry survives (`memory`: no loss of the process). */
    readonly info: {
      readonly engine: string
      readonly cluster: ClusterId
      readonly durability: "memory" | "os" | "disk"
    }

    /** Which log this is. A node knows it once it has found its cloud. */
    readonly identity: Effect.Effect<LogId, Unavailable>

    /**
     * Adds an entry, and succeeds with its place once it is committed. May be repeated with the
     * same `id` after any error. `deadline`: default 10 s.
     */
    readonly append: (
      data: Uint8Array,
      options: { readonly id: string; readonly deadline?: Duration.Input | undefined }
    ) => Effect.Effect<LogIndex, Overloaded | TooLarge | Unavailable | Ambiguous>

    /**
     * A place at or after every entry that was acknowledged, or read by anyone, before the call.
     */
    readonly barrier: Effect.Effect<LogIndex, Unavailable>

    /**
     * The entries from `from` on, in order and without gaps. Waits at the end, and never ends by
     * itself. `Unavailable` (`Stopping`): the log was closed.
     */
    readonly entries: (
      from: LogIndex
    ) => Stream.Stream<LogEntry, Compacted | LogRegressed | WrongCluster | Unavailable>

    readonly snapshots: {
      /** The newest complete snapshot. Never goes back. */
      readonly latest: Effect.Effect<Option.Option<SnapshotRef>, Unavailable>

      /** The bytes from `offset` on, as they were written; the pieces may be cut differently. */
      readonly read: (
        ref: SnapshotRef,
        offset?: number
      ) => Stream.Stream<Uint8Array, Unavailable | Corrupt>

      /**
       * Keeps `data` as the state after `at`, visible once it is complete. The last two are kept.
       * If there is one at `at` or later already, that one is the answer.
       */
      readonly write: (
        at: LogIndex,
        data: Stream.Stream<Uint8Array>
      ) => Effect.Effect<SnapshotRef, Unavailable>
    }

    /** Lets go of the entries up to `through`, at most up to the latest snapshot. */
    readonly trim: (through: LogIndex) => Effect.Effect<void, Unavailable>

    /**
     * Ends at the next append that is refused here because too much is retained, whichever node
     * asked for it. Only a snapshot and a `trim` make room.
     */
    readonly full: Effect.Effect<void>

    readonly members: Stream.Stream<Membership, Unavailable>

    /**
     * Whether this node appends for the others now. A hint for what one node should do for all;
     * two may hold themselves for that one for a while.
     */
    readonly leads: Effect.Effect<boolean>
  }
>()("@distri/core/log/ReplicatedLog") {}
