/** RA1, Raft §5.2: whoever was seen as leader of a term stays its only one, also after it died. */
import type { IncarnationId } from "@distri/raft/IncarnationId"
import type { Term } from "@distri/raft/LogIndex"
import type { Invariant } from "../Invariant.ts"

export const electionSafety: Invariant = {
  rule: "RA1",
  title: "ElectionSafety",
  on: ["Stepped"],
  make: () => {
    const leaders = new Map<Term, IncarnationId>()
    return (_, event) => {
      if (event._tag !== "Stepped" || event.node.raft?.role !== "leader") return undefined
      const { id, raft } = event.node
      const leader = leaders.get(raft.term)
      if (leader === undefined) leaders.set(raft.term, id)
      else if (leader !== id) return `${leader} and ${id} both lead in term ${raft.term}`
      return undefined
    }
  }
}
