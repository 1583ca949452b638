/**
 * RA4, Raft §5.4: a leader has every entry that was committed in an earlier term. What a later term
 * committed does not count: the last vote for a leader may arrive when that leader is long replaced.
 *
 * A leader may be elected before anybody knows of the commit, so those that lead are looked at again then.
 */
import type { Term } from "@distri/raft/LogIndex"
import type { Invariant, SimNode, World } from "../Invariant.ts"
import { CommittedLog } from "./CommittedLog.ts"

export const leaderCompleteness: Invariant = {
  rule: "RA4",
  title: "LeaderCompleteness",
  on: ["Stepped"],
  make: () => {
    const committed = new CommittedLog()
    const elected = new Set<Term>()
    return (world, event) => {
      if (event._tag !== "Stepped" || event.node.raft === undefined) return undefined
      const { raft } = event.node
      if (committed.learn(event.node)) {
        const problem = lackingLeader(world, committed, raft.term)
        if (problem !== undefined) return problem
      }
      if (raft.role !== "leader" || elected.has(raft.term)) return undefined
      elected.add(raft.term)
      return lacking(event.node, committed)
    }
  }
}

/** What became known in `term` was committed in it or before. */
const lackingLeader = (world: World, committed: CommittedLog, term: Term): string | undefined => {
  for (const node of world.nodes) {
    const { raft } = node
    if (raft === undefined || raft.role !== "leader" || raft.term <= term) continue
    const problem = lacking(node, committed)
    if (problem !== undefined) return problem
  }
  return undefined
}

const lacking = ({ name, raft }: SimNode, committed: CommittedLog): string | undefined => {
  const { log, term: leading } = raft!
  const last = committed.lastBefore(leading)
  if (last === 0 || last < log.firstIndex - 1) return undefined
  const term = log.term(last)
  if (term === committed.term(last)) return undefined
  return `${name} leads term ${leading} without the committed entry ${last} of term ${committed.term(last)}: it has ${term === undefined ? "none" : `one of term ${term}`}`
}
