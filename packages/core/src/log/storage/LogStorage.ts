/**
 * Where one node keeps its part of a replicated log: in memory, or on a disk.
 *
 * What it holds is one log memory with an incarnation of its own. Who lost it comes back with an
 * empty one under another incarnation, so that no vote is given twice.
 *
 * **Gotchas**
 *
 * - `write`, `compact` and `begin` are called by one fiber, one after the other.
 * - After `StorageFailed` the node stops: what the storage holds is unknown until it is opened anew.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { LogIndex } from "@distri/raft/LogIndex"
import type { Batch } from "@distri/raft/Output"
import type { Restored } from "@distri/raft/Restored"
import type { SnapshotMeta } from "@distri/raft/SnapshotMeta"
import type { Corrupt, LogId, Unavailable } from "../ReplicatedLog.ts"

/**
 * Nothing more can be kept. `what` failed, and why.
 *
 * @category errors
 * @since 0.1.0
 */
export class StorageFailed extends Schema.TaggedError<StorageFailed>()("StorageFailed", {
  what: Schema.String,
  cause: Schema.Defect()
}) {
  override get message() {
    return `${this.what}; this node stops, since nobody knows what was kept`
  }
}

/**
 * What the storage held when it was opened.
 *
 * @category models
 * @since 0.1.0
 */
export interface Begun {
  readonly log: LogId
  readonly restored: Restored
}

/**
 * A complete snapshot, `bytes` long. `digest`: SHA-256 as hexadecimal digits.
 *
 * @category models
 * @since 0.1.0
 */
export interface StoredSnapshot {
  readonly reference: string
  readonly bytes: number
  readonly digest: string
}

/**
 * @category services
 * @since 0.1.0
 */
export class LogStorage extends Context.Service<
  LogStorage,
  {
    readonly durability: "memory" | "disk"

    /** Names this log memory: drawn when it was made, 16 hexadecimal digits. */
    readonly incarnation: string

    /** Undefined: it is empty and belongs to no log yet. As of when it was opened. */
    readonly begun: Begun | undefined

    /**
     * From now on it belongs to `log` and begins with `restored`. Durable when it returns. Once, or in
     * memory again where it has kept nothing of the log before.
     */
    readonly begin: (log: LogId, restored: Restored) => Effect.Effect<void, StorageFailed>

    /** Keeps the batches, in order, as one. Durable when it returns. */
    readonly write: (batches: ReadonlyArray<Batch>) => Effect.Effect<void, StorageFailed>

    /**
     * `snapshot`, which is complete, stands for the log up to its index, and entries before
     * `keepFrom` may go. Of the snapshots the last two stay.
     */
    readonly compact: (
      snapshot: SnapshotMeta,
      keepFrom: LogIndex
    ) => Effect.Effect<void, StorageFailed>

    /** Little room is left: nothing new should be appended until there is more. */
    readonly isFull: () => boolean

    readonly snapshots: {
      /**
       * Keeps all of `data` under `reference` (letters, digits and `-`). Visible and durable when it
       * returns, and not at all before. `expected`: what it has to be, or it is `Corrupt`.
       * `Unavailable` (`StorageFull`): there is no room, and nothing of it is left. One that the log
       * names already stays as it is, and is the answer.
       */
      readonly write: <E>(
        reference: string,
        data: Stream.Stream<Uint8Array, E>,
        expected?: Pick<StoredSnapshot, "bytes" | "digest">
      ) => Effect.Effect<StoredSnapshot, E | Corrupt | Unavailable | StorageFailed>

      /** From `offset` on. `Unavailable` (`SnapshotGone`): it is not there, or not any more. */
      readonly read: (
        reference: string,
        offset?: number
      ) => Stream.Stream<Uint8Array, Unavailable | Corrupt>
    }
  }
>()("@distri/core/log/storage/LogStorage") {}
