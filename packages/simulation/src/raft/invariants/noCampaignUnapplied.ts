/**
 * RA16, first half: a node with a committed change of membership that it has not applied does not campaign,
 * since it would ask the voters of an older configuration. It may ask again when it won a pre-vote, so
 * every step up counts: a role that is new, or an own vote in a new term.
 */
import type { LogIndex, Term } from "@distri/raft/LogIndex"
import type { Role } from "@distri/raft/Output"
import type { LogView } from "@distri/raft/RaftView"
import type { Invariant } from "../Invariant.ts"

interface Before {
  role: Role
  term: Term
}

export const noCampaignUnapplied: Invariant = {
  rule: "RA16",
  title: "NoCampaignUnapplied",
  on: ["Stepped", "Started"],
  make: () => {
    const lives: Array<Before> = []
    return (_, event) => {
      if (event._tag !== "Stepped" && event._tag !== "Started") return undefined
      const { number, raft, name } = event.node
      if (raft === undefined) return undefined
      const before = (lives[number] ??= { role: raft.role, term: raft.term })
      const campaigns =
        raft.role !== "follower" && (raft.role !== before.role || raft.term !== before.term)
      before.role = raft.role
      before.term = raft.term
      const change = campaigns ? unappliedChange(raft.log) : undefined
      return change === undefined
        ? undefined
        : `${name} is ${raft.role} of term ${raft.term} and has not applied the change at ${change}`
    }
  }
}

const unappliedChange = (log: LogView): LogIndex | undefined => {
  for (let index = log.applied + 1; index <= log.commit; index++) {
    if (log.entry(index)?.kind === "confChange") return index
  }
  return undefined
}
