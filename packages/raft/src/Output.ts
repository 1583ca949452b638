import type { Entry } from "./Entry.ts"
import type { HardState } from "./HardState.ts"
import type { IncarnationId } from "./IncarnationId.ts"
import type { LogIndex, Term } from "./LogIndex.ts"
import type { Message } from "./Message.ts"
import type { SnapshotMeta } from "./SnapshotMeta.ts"

/**
 * What a node is in its term (Raft figure 4). A pre-candidate asks whether it would win, without a new term.
 *
 * @category models
 * @since 0.1.0
 */
export type Role = "follower" | "preCandidate" | "candidate" | "leader"

/**
 * One atomic write: the batch is durable as a whole or not at all. Batches are written in order; several
 * may be merged into one write.
 *
 * `snapshot` replaces the whole log. Else entries from `truncateFrom` on are forgotten first, then
 * `entries` are appended. `afterPersist` promises what the batch holds: it may be sent only when the
 * batch, and all before it, are durable.
 *
 * @category models
 * @since 0.1.0
 */
export interface Batch {
  /** 1, 2, 3, ... in this life of the process. */
  readonly batch: number
  /** Always written with the entries (RA16). */
  readonly hardState: HardState
  readonly truncateFrom: LogIndex | undefined
  readonly entries: ReadonlyArray<Entry>
  readonly snapshot: SnapshotMeta | undefined
  /** Entries, term, vote or snapshot changed. Without it the batch is durable as soon as those before it are. */
  readonly mustSync: boolean
  readonly afterPersist: ReadonlyArray<Message>
}

/** Why nothing came of a proposal or a read. Nothing was stored. */
export type RefusalReason =
  | "NotLeader"
  | "Overloaded"
  | "Transferring"
  | "ConfChangePending"
  | "InvalidChange"

/**
 * All that the shell has to do after some events.
 *
 * - `messages`: may be sent at once.
 * - `commits`: to apply, in order, each once in this life of the process.
 * - `proposed`: where the entries of a proposal stand. They took effect if the entry at `last` commits with `term`.
 * - `reads`: may be served when the state machine has applied `index`.
 * - `status`: only when it changed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Output {
  readonly messages: ReadonlyArray<Message>
  readonly persist: Batch | undefined
  readonly commits: ReadonlyArray<Entry>
  readonly proposed: ReadonlyArray<{
    readonly token: number
    readonly first: LogIndex
    readonly last: LogIndex
    readonly term: Term
  }>
  readonly reads: ReadonlyArray<{ readonly token: number; readonly index: LogIndex }>
  readonly refused: ReadonlyArray<{
    readonly token: number
    readonly leader: IncarnationId | undefined
    readonly reason: RefusalReason
  }>
  readonly status:
    | undefined
    | { readonly role: Role; readonly leader: IncarnationId | undefined; readonly term: Term }
}
