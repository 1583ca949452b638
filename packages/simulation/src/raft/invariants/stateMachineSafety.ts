/**
 * RA5, Raft §5.4.3: state machines that applied the same index are in the same state. The digest rolls over
 * all that was applied, so comparing it at each index compares all histories. Entries come without gaps.
 */
import type { LogIndex } from "@distri/raft/LogIndex"
import type { Invariant } from "../Invariant.ts"

export const stateMachineSafety: Invariant = {
  rule: "RA5",
  title: "StateMachineSafety",
  on: ["Applied", "SnapshotInstalled", "Started"],
  make: () => {
    const digests = new Map<LogIndex, number>()
    const applied: Array<LogIndex> = []
    return (_, event) => {
      if (event._tag === "SnapshotInstalled" || event._tag === "Started") {
        applied[event.node.number] = event.node.machine.applied
        return undefined
      }
      if (event._tag !== "Applied") return undefined
      const { number, machine, name } = event.node
      const { index } = event.entry
      const before = applied[number] ?? index - 1
      applied[number] = index
      if (index !== before + 1) return `${name} applied ${index} after ${before}`
      const digest = digests.get(index)
      if (digest === undefined) digests.set(index, machine.digest)
      else if (digest !== machine.digest) return `${name} is in another state at ${index}`
      return undefined
    }
  }
}
