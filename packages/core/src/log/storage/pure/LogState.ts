/**
 * What a node's part of a log says, but for the entries: as far as the records were read, or written.
 *
 * Each step answers with the next state, or with the problem as a text: on the way in that is damage
 * (WA11), on the way out it would be a bug.
 */
import type { HardState } from "@distri/raft/HardState"
import type { LogIndex } from "@distri/raft/LogIndex"
import type { SnapshotMeta } from "@distri/raft/SnapshotMeta"
import type { Stored } from "@distri/raft/wire/RecordCodec"

export interface LogState {
  readonly log: string
  readonly hardState: HardState
  readonly snapshot: SnapshotMeta
  /** The reference of the snapshot before that one. Empty: there was none. */
  readonly replaced: string
  /** The index of the last entry, or of the snapshot if nothing is behind it. */
  readonly last: LogIndex
}

/** An own snapshot. The hard state goes along, since its commit index may have moved on its own. */
export interface Compaction {
  readonly hardState: HardState
  readonly snapshot: SnapshotMeta
  readonly keepFrom: LogIndex
}

export const afterBatch = (state: LogState, batch: Stored): LogState | string => {
  const { entries, snapshot, truncateFrom } = batch
  let { last } = state
  if (snapshot !== undefined) last = snapshot.index
  else if (truncateFrom !== undefined) {
    if (truncateFrom > last + 1) return `nothing to forget from ${truncateFrom} on`
    last = truncateFrom - 1
  }
  for (const { index } of entries) {
    if (index !== last + 1) return `entry ${index} stands behind ${last}`
    last = index
  }
  return withHardState({ ...replace(state, snapshot), last }, batch.hardState)
}

export const afterCompaction = (
  state: LogState,
  { hardState, snapshot, keepFrom }: Compaction
): LogState | string => {
  if (snapshot.index < state.snapshot.index) return `snapshot ${snapshot.index} is an old one`
  if (snapshot.index > state.last) return `snapshot ${snapshot.index} is behind the end`
  if (keepFrom > snapshot.index + 1) return `entries behind the snapshot may not go`
  return withHardState(replace(state, snapshot), hardState)
}

/** References of the snapshots that are kept: the last two. */
export const keptSnapshots = ({ snapshot, replaced }: LogState): ReadonlyArray<string> =>
  [snapshot.reference, replaced].filter((reference) => reference !== "")

const replace = (state: LogState, snapshot: SnapshotMeta | undefined): LogState => {
  if (snapshot === undefined) return state
  const { reference } = state.snapshot
  const replaced = reference === snapshot.reference ? state.replaced : reference
  return { ...state, snapshot, replaced }
}

export const withHardState = (state: LogState, hardState: HardState): LogState | string => {
  if (hardState.term < state.hardState.term) return `term ${hardState.term} is an old one`
  if (hardState.commit > state.last) return `${hardState.commit} is committed behind the end`
  return { ...state, hardState }
}
