/** How the log of a new cloud begins. */
import type { Configuration } from "@distri/raft/membership/Configuration"
import { fresh, type Restored } from "@distri/raft/Restored"

const voters = (founders: number): Configuration => ({
  voters: Array.from({ length: founders }, (_, number) => `n${number + 1}/1`),
  votersOutgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false
})

/** What the disk of a founder holds: its configuration, as a snapshot at `index`. */
export const founding = (founders: number, index: number): Restored => {
  const { hardState, snapshot, entries } = fresh(voters(founders))
  const term = index > 0 ? 1 : 0
  return {
    hardState: { ...hardState, term, commit: index },
    snapshot: { ...snapshot, index, term, reference: "founding", digest: String(index) },
    entries
  }
}

/**
 * What a newcomer begins with. Where the log begins at its first entry, that entry is made for the founders:
 * to apply all others from there on a node must know them. Else it gets a snapshot first.
 */
export const joining = (founders: number, index: number): Configuration =>
  index > 0 ? { ...voters(founders), voters: [] } : voters(founders)
