/**
 * RA6, Raft §5.4.2 and figure 8: a leader moves its commit index by counting, and only to an entry of its
 * own term. What it knows as committed when it is elected it learned from others.
 */
import type { LogIndex } from "@distri/raft/LogIndex"
import type { Invariant } from "../Invariant.ts"

export const commitByCounting: Invariant = {
  rule: "RA6",
  title: "CommitByCounting",
  on: ["Stepped", "Started"],
  make: () => {
    const commits: Array<LogIndex> = []
    return (_, event) => {
      if (event._tag !== "Stepped" && event._tag !== "Started") return undefined
      const { number, raft, name } = event.node
      if (raft === undefined) return undefined
      const { log } = raft
      const before = commits[number]
      commits[number] = log.commit
      const isNews = event._tag === "Stepped" && before !== undefined && log.commit > before
      if (!isNews || raft.role !== "leader" || log.term(log.commit) === raft.term) return undefined
      return `${name} leads term ${raft.term} and committed ${log.commit} of term ${log.term(log.commit)} by counting`
    }
  }
}
