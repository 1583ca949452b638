/**
 * RA7, Raft figure 2: in one life of a process term, commit and applied index never go back, nor does a
 * vote change inside a term, and they keep their order. A new life begins at what the disk holds.
 */
import type { IncarnationId } from "@distri/raft/IncarnationId"
import type { LogIndex, Term } from "@distri/raft/LogIndex"
import type { RaftView } from "@distri/raft/RaftView"
import type { DiskImage, Invariant } from "../Invariant.ts"

interface Before {
  term: Term
  vote: IncarnationId | undefined
  commit: LogIndex
  applied: LogIndex
}

export const monotonicIndices: Invariant = {
  rule: "RA7",
  title: "MonotonicIndices",
  on: ["Stepped", "Started"],
  make: () => {
    const lives: Array<Before> = []
    return (_, event) => {
      if (event._tag !== "Stepped" && event._tag !== "Started") return undefined
      const { number, raft, name, disk } = event.node
      if (raft === undefined) return undefined
      const before = lives[number]
      const isNewLife = event._tag === "Started" || before === undefined
      const problem =
        outOfOrder(raft) ?? (isNewLife ? forgotten(disk, raft) : wentBack(before, raft))
      if (problem !== undefined) return `${name}: ${problem}`
      if (isNewLife) lives[number] = positions(raft)
      else remember(before, raft)
      return undefined
    }
  }
}

const positions = ({ term, vote, log }: RaftView): Before => ({
  term,
  vote,
  commit: log.commit,
  applied: log.applied
})

const remember = (before: Before, { term, vote, log }: RaftView): void => {
  before.term = term
  before.vote = vote
  before.commit = log.commit
  before.applied = log.applied
}

const outOfOrder = ({ log }: RaftView): string | undefined => {
  const { firstIndex, applied, commit, lastIndex } = log
  // A received snapshot stands for what is not there, until it is on the disk and so applied.
  const isRetained = firstIndex - 1 <= Math.max(applied, log.snapshot.index)
  return isRetained && applied <= commit && commit <= lastIndex
    ? undefined
    : `first ${firstIndex}, applied ${applied}, commit ${commit}, last ${lastIndex} are out of order`
}

const wentBack = (before: Before, { term, vote, log }: RaftView): string | undefined => {
  if (term < before.term) return `the term went from ${before.term} to ${term}`
  if (term === before.term && before.vote !== undefined && vote !== before.vote) {
    return `the vote of term ${term} went from ${before.vote} to ${vote}`
  }
  if (log.commit < before.commit) return `commit went from ${before.commit} to ${log.commit}`
  if (log.applied < before.applied) return `applied went from ${before.applied} to ${log.applied}`
  return undefined
}

const forgotten = ({ hardState }: DiskImage, { term, log }: RaftView): string | undefined => {
  if (term !== hardState.term) return `the disk has term ${hardState.term}, the node ${term}`
  return log.commit < hardState.commit
    ? `the disk has commit ${hardState.commit}, the node ${log.commit}`
    : undefined
}
