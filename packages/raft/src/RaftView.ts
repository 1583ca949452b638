import type { Entry } from "./Entry.ts"
import type { IncarnationId } from "./IncarnationId.ts"
import type { LogIndex, Term } from "./LogIndex.ts"
import type { Configuration } from "./membership/Configuration.ts"
import type { Role } from "./Output.ts"
import type { SnapshotMeta } from "./SnapshotMeta.ts"

/**
 * The bounds and the entries of a log. snapshot <= ... the order that always holds is
 * firstIndex - 1 <= applied <= handedOut <= commit <= lastIndex, and durable <= lastIndex.
 */
export interface LogView {
  /** The first entry that is retained; those before it are compacted. */
  readonly firstIndex: LogIndex
  readonly lastIndex: LogIndex
  readonly lastTerm: Term
  readonly commit: LogIndex
  /** The last entry that was given out in `commits`. */
  readonly handedOut: LogIndex
  readonly applied: LogIndex
  /** The last entry that the own disk is known to hold. */
  readonly durable: LogIndex
  /** The latest snapshot that can be sent. */
  readonly snapshot: SnapshotMeta
  /** Undefined where the entry is compacted or not there yet. */
  readonly entry: (index: LogIndex) => Entry | undefined
  /** Known one place before `firstIndex` too. */
  readonly term: (index: LogIndex) => Term | undefined
}

/** What a leader believes about one follower (see `progress/Progress.ts`). */
export interface ProgressView {
  readonly id: IncarnationId
  readonly match: LogIndex
  readonly next: LogIndex
  readonly state: "probe" | "replicate" | "snapshot"
  readonly isPaused: boolean
  readonly pendingSnapshot: LogIndex
  readonly recentActive: boolean
  readonly isLearner: boolean
  readonly inflights: { readonly count: number; readonly bytes: number; readonly isFull: boolean }
}

/**
 * A look into a node, for status pages and tests. It is the live state, not a copy: read it before the
 * next `step`.
 *
 * @category models
 * @since 0.1.0
 */
export interface RaftView {
  readonly id: IncarnationId
  readonly role: Role
  readonly term: Term
  readonly vote: IncarnationId | undefined
  readonly leader: IncarnationId | undefined
  readonly log: LogView
  readonly configuration: Configuration
  /** Sorted by id. Meaningful at a leader. */
  readonly progress: ReadonlyArray<ProgressView>
  readonly electionElapsed: number
  readonly heartbeatElapsed: number
  /** Ticks without a leader after which this node campaigns: drawn anew with each change of role. */
  readonly randomizedElectionTicks: number
  /** Whom this leader is handing the leadership to. */
  readonly transferee: IncarnationId | undefined
  /** No change of membership is proposed until this index is applied. */
  readonly pendingConfIndex: LogIndex
  readonly uncommittedBytes: number
  /** Messages that were thrown away: to another incarnation, or answers of nodes outside the configuration. */
  readonly dropped: number
}
