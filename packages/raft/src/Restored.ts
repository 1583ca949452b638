import type { Entry } from "./Entry.ts"
import type { HardState } from "./HardState.ts"
import { emptyConfiguration, type Configuration } from "./membership/Configuration.ts"
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
 * What the first nodes of a new cloud begin with, all the same: a snapshot of nothing at index 1. No log
 * begins before it, so whoever joins later gets a snapshot, and with it the configuration that the changes
 * in the log are made to.
 *
 * @category constructors
 * @since 0.1.0
 */
export const founding = (configuration: Configuration): Restored => ({
  hardState: { term: 1, vote: undefined, commit: 1 },
  snapshot: snapshotAt(1, configuration),
  entries: []
})

/**
 * What a node begins with that joins a cloud, or comes back as a new incarnation: it knows nobody, and waits
 * for a leader.
 *
 * @category constructors
 * @since 0.1.0
 */
export const joining: Restored = {
  hardState: { term: 0, vote: undefined, commit: 0 },
  snapshot: snapshotAt(0, emptyConfiguration),
  entries: []
}

/** Of an empty state machine. The term is 0 before the log begins, and 1 where it does. */
function snapshotAt(index: 0 | 1, configuration: Configuration): SnapshotMeta {
  return { index, term: index, time: 0, configuration, reference: "", bytes: 0, digest: "" }
}
