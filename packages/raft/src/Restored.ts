import type { Entry } from "./Entry.ts"
import type { HardState } from "./HardState.ts"
import type { Configuration } from "./membership/Configuration.ts"
import type { SnapshotMeta } from "./SnapshotMeta.ts"

/**
 * What a node's disk held when it started. The state machine stands at `snapshot`; entries behind it are
 * handed out again in `commits` as far as they are known to be committed.
 *
 * @category models
 * @since 0.1.0
 */
export interface Restored {
  readonly hardState: HardState
  readonly snapshot: SnapshotMeta
  /** Without a gap, the first one at or before `snapshot.index + 1`. */
  readonly entries: ReadonlyArray<Entry>
}

/**
 * The beginning of a node without a log: the first voters of a new cloud all get the same configuration; a
 * node that joins gets an empty one and learns the real one from the leader.
 *
 * @category constructors
 * @since 0.1.0
 */
export const fresh = (configuration: Configuration): Restored => ({
  hardState: { term: 0, vote: undefined, commit: 0 },
  snapshot: { index: 0, term: 0, time: 0, configuration, reference: "", bytes: 0, digest: "" },
  entries: []
})
