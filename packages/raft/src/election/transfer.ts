/** Hands the leadership to a node that is chosen (Ongaro §3.10): bring it up to date, then let it campaign. */
import type { IncarnationId } from "../IncarnationId.ts"
import { sendAppend, sendTimeoutNow } from "../replication/send.ts"
import type { State } from "../State.ts"

/** At the leader it begins; at a follower it is passed on; without a leader nothing comes of it. */
export const requestTransfer = (state: State, to: IncarnationId): void => {
  if (state.role === "leader") return startTransfer(state, to)
  if (state.role !== "follower" || state.leader === undefined) return
  const { id, leader, term } = state
  state.outbox.send({ _tag: "TransferLeader", from: id, to: leader, term, transferee: to })
}

/**
 * From here on proposals are refused, so that the next leader can catch up. It is given up after
 * `electionTicks` (see `tick.ts`), or when another transferee is named.
 */
export const startTransfer = (state: State, to: IncarnationId): void => {
  const progress = state.tracker.get(to)
  if (progress === undefined || progress.isLearner) return
  if (state.transferee === to) return
  state.transferee = undefined
  if (to === state.id) return
  state.electionElapsed = 0
  state.transferee = to
  if (progress.match === state.log.lastIndex) sendTimeoutNow(state, to)
  else sendAppend(state, progress, true)
}
