/**
 * RA8, Raft §5.2: a voter gives one vote in a term, whatever happens to its process. Votes count when they
 * are on a disk or in a message; one that was only in memory when the process died was never given.
 */
import type { IncarnationId } from "@distri/raft/IncarnationId"
import type { Term } from "@distri/raft/LogIndex"
import type { Invariant } from "../Invariant.ts"

export const oneVotePerTerm: Invariant = {
  rule: "RA8",
  title: "OneVotePerTerm",
  on: ["Synced", "Started", "Sent"],
  make: () => {
    const votes = new Map<IncarnationId, Map<Term, IncarnationId>>()
    const given = (voter: IncarnationId, term: Term, candidate: IncarnationId) => {
      let terms = votes.get(voter)
      if (terms === undefined) votes.set(voter, (terms = new Map()))
      const before = terms.get(term)
      if (before === undefined) terms.set(term, candidate)
      return before === undefined || before === candidate
        ? undefined
        : `${voter} voted for ${before} and for ${candidate} in term ${term}`
    }
    return (_, event) => {
      if (event._tag === "Sent") {
        const { _tag, from, to, term } = event.message
        return _tag === "VoteResp" && event.message.granted ? given(from, term, to) : undefined
      }
      if (event._tag !== "Synced" && event._tag !== "Started") return undefined
      const { id, disk, raft } = event.node
      const { term, vote } = disk.hardState
      if (event._tag === "Started" && raft !== undefined && raft.vote !== vote) {
        return `${id} forgot over a restart that it voted for ${vote} in term ${term}`
      }
      return vote === undefined ? undefined : given(id, term, vote)
    }
  }
}
