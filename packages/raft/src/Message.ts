import type { Entry } from "./Entry.ts"
import type { IncarnationId } from "./IncarnationId.ts"
import type { LogIndex, Term } from "./LogIndex.ts"
import type { SnapshotMeta } from "./SnapshotMeta.ts"

/** What every message has. `term` is the sender's, but for requests and grants of a pre-vote: theirs is the next. */
interface Envelope {
  readonly from: IncarnationId
  readonly to: IncarnationId
  readonly term: Term
}

/** Replicates entries after (`prevIndex`, `prevTerm`). Without entries it tells the commit index, or probes. */
export interface App extends Envelope {
  readonly _tag: "App"
  readonly prevIndex: LogIndex
  readonly prevTerm: Term
  readonly entries: ReadonlyArray<Entry>
  readonly commit: LogIndex
}

/**
 * Accepted: the follower's log matches up to `index`. Refused: `index` is the `prevIndex` that did not
 * match, and `hint` the last place that can, in a term not above the one asked for (0, 0: none known).
 */
export interface AppResp extends Envelope {
  readonly _tag: "AppResp"
  readonly index: LogIndex
  readonly hint: undefined | { readonly index: LogIndex; readonly term: Term }
}

/** Says that the leader lives. `read` is the position of the last read that waits for a round, 0 for none. */
export interface Heartbeat extends Envelope {
  readonly _tag: "Heartbeat"
  readonly commit: LogIndex
  readonly read: number
}

export interface HeartbeatResp extends Envelope {
  readonly _tag: "HeartbeatResp"
  readonly read: number
}

/**
 * Who asks for a vote, and who refuses it, say up to which entry they know the log to be committed. Without
 * that, those who only have a change of membership could wait for ever for the vote of the one who knows
 * that it is committed. (0, 0) where nothing is said.
 */
interface Committed {
  readonly commit: LogIndex
  readonly commitTerm: Term
}

/** Asks for a vote, or whether one would be given. `transfer`: the leader wishes it, so a live leader is no reason to refuse. */
export interface Vote extends Envelope, Committed {
  readonly _tag: "Vote" | "PreVote"
  readonly lastIndex: LogIndex
  readonly lastTerm: Term
  readonly transfer: boolean
}

export interface VoteResp extends Envelope, Committed {
  readonly _tag: "VoteResp" | "PreVoteResp"
  readonly granted: boolean
}

/** Offers a snapshot to a follower whose next entry is compacted. The bytes are fetched outside of the core. */
export interface Snap extends Envelope {
  readonly _tag: "Snap"
  readonly snapshot: SnapshotMeta
}

/** Leader to the node that shall lead next: campaign at once. */
export interface TimeoutNow extends Envelope {
  readonly _tag: "TimeoutNow"
}

/** Follower to leader: hand the leadership to `transferee`. */
export interface TransferLeader extends Envelope {
  readonly _tag: "TransferLeader"
  readonly transferee: IncarnationId
}

/**
 * Follower to leader: at which index may I read? `token` comes back with the answer. An answer may come late,
 * even to the next life of the node in the same term, so no two lives of an incarnation use the same tokens.
 */
export interface ReadIndex extends Envelope {
  readonly _tag: "ReadIndex"
  readonly token: number
}

export interface ReadIndexResp extends Envelope {
  readonly _tag: "ReadIndexResp"
  readonly token: number
  readonly index: LogIndex
}

/**
 * What nodes of one cloud say to each other.
 *
 * @category models
 * @since 0.1.0
 */
export type Message =
  | App
  | AppResp
  | Heartbeat
  | HeartbeatResp
  | Vote
  | VoteResp
  | Snap
  | TimeoutNow
  | TransferLeader
  | ReadIndex
  | ReadIndexResp
