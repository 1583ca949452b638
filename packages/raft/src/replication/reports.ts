/** What the shell learns about a peer outside of the protocol. Hints only: they change no promise. */
import type { IncarnationId } from "../IncarnationId.ts"
import type { LogIndex } from "../LogIndex.ts"
import type { State } from "../State.ts"

/** Messages to `peer` are lost, so entries are not sent ahead until it answers. */
export const onPeerUnreachable = (state: State, peer: IncarnationId): void => {
  if (state.role !== "leader") return
  const progress = state.tracker.get(peer)
  if (progress?.state === "replicate") progress.becomeProbe()
}

/** The transfer of a snapshot ended. What the follower has now is learnt by a probe after its next answer. */
export const onSnapshotEnded = (
  state: State,
  peer: IncarnationId,
  index: LogIndex,
  isSent: boolean
): void => {
  if (state.role !== "leader") return
  const progress = state.tracker.get(peer)
  if (progress?.state !== "snapshot" || progress.pendingSnapshot !== index) return
  if (!isSent) progress.pendingSnapshot = 0
  progress.becomeProbe()
  progress.isFlowPaused = true
}
