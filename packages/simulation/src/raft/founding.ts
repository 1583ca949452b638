import { withVoters } from "@distri/raft/membership/Configuration"
import { founding as core, type Restored } from "@distri/raft/Restored"

/** What the disk of a founder holds: the first configuration, as a snapshot of nothing at `index`. */
export const founding = (founders: number, index: number): Restored => {
  const names = Array.from({ length: founders }, (_, number) => `n${number + 1}/1`)
  const { hardState, snapshot, entries } = core(withVoters(names))
  return {
    hardState: { ...hardState, commit: index },
    snapshot: { ...snapshot, index, reference: "founding", digest: String(index) },
    entries
  }
}
