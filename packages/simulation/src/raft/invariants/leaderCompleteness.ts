/**
 * RA4, Raft §5.4: a new leader has every entry that was committed in an earlier term. What a later term
 * committed does not count: the last vote for a leader may arrive when that leader is long replaced.
 */
import type { Term } from "@distri/raft/LogIndex"
import type { Invariant } from "../Invariant.ts"
import { CommittedLog } from "./CommittedLog.ts"

export const leaderCompleteness: Invariant = {
  rule: "RA4",
  title: "LeaderCompleteness",
  on: ["Stepped"],
  make: () => {
    const committed = new CommittedLog()
    const elected = new Set<Term>()
    return (_, event) => {
      if (event._tag !== "Stepped" || event.node.raft === undefined) return undefined
      const { name, raft } = event.node
      committed.learn(event.node)
      if (raft.role !== "leader" || elected.has(raft.term)) return undefined
      elected.add(raft.term)
      const last = committed.lastBefore(raft.term)
      if (last < raft.log.firstIndex - 1) return undefined
      const term = raft.log.term(last)
      if (last === 0 || term === committed.term(last)) return undefined
      return `${name} leads term ${raft.term} without the committed entry ${last} of term ${committed.term(last)}: it has ${term === undefined ? "none" : `one of term ${term}`}`
    }
  }
}
