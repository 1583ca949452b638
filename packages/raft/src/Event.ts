import type { IncarnationId } from "./IncarnationId.ts"
import type { LogIndex, LogTime } from "./LogIndex.ts"
import type { ConfChange } from "./membership/ConfChange.ts"
import type { Message } from "./Message.ts"
import type { SnapshotMeta } from "./SnapshotMeta.ts"

/**
 * All that can happen to a node.
 *
 * - `Proposed`: `entries` become one message for each follower. `token` comes back in `proposed` or `refused`.
 * - `ReadRequested`: `token` must not have been used by an earlier life of this incarnation: a late answer
 *   would be taken for the new one. Begin each life with a random number, or with its time.
 * - `Persisted`: the batch and all before it are durable. For a batch with a snapshot it also says that
 *   the state machine stands at that snapshot.
 * - `Applied`: the state machine has applied all up to `index`; changes of membership take effect here.
 * - `SnapshotTaken`: `snapshot` can be sent from now on, and entries before `keepFrom` are forgotten.
 * - `SnapshotSent`, `SnapshotFailed`: how the transfer of the snapshot at `index` to `peer` ended. One of them
 *   follows every `Snap` that was handed out, or `peer` gets no entries until it is heard to have caught up.
 *
 * @category models
 * @since 0.1.0
 */
export type Event =
  | { readonly _tag: "Ticked" }
  | { readonly _tag: "Received"; readonly message: Message }
  | {
      readonly _tag: "Proposed"
      readonly token: number
      readonly entries: ReadonlyArray<Uint8Array>
      readonly timeMs: LogTime
    }
  | {
      readonly _tag: "ConfChangeProposed"
      readonly token: number
      readonly change: ConfChange
      readonly timeMs: LogTime
    }
  | { readonly _tag: "ReadRequested"; readonly token: number }
  | { readonly _tag: "Persisted"; readonly batch: number }
  | { readonly _tag: "Applied"; readonly index: LogIndex }
  | { readonly _tag: "SnapshotTaken"; readonly snapshot: SnapshotMeta; readonly keepFrom: LogIndex }
  | {
      readonly _tag: "SnapshotSent" | "SnapshotFailed"
      readonly peer: IncarnationId
      readonly index: LogIndex
    }
  | { readonly _tag: "PeerUnreachable"; readonly peer: IncarnationId }
  | { readonly _tag: "TransferRequested"; readonly to: IncarnationId }
  | { readonly _tag: "CampaignRequested" }
  | { readonly _tag: "LeaderForgotten" }
