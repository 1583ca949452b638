/**
 * RA16, second half: entries and the commit index that came with them are one write. Else a node could come
 * back with two committed changes of membership in its log, know of neither, and ask the voters before both.
 *
 * A batch carries the commit index of the moment it is taken, and whatever a crash leaves of a disk is the
 * state after some batch, never one in between.
 */
import type { IncarnationId } from "@distri/raft/IncarnationId"
import type { LogIndex, Term } from "@distri/raft/LogIndex"
import type { Batch } from "@distri/raft/Output"
import type { LogView } from "@distri/raft/RaftView"
import type { DiskImage, Invariant } from "../Invariant.ts"

/** The disk after a batch. */
interface Border {
  readonly batch: number
  readonly last: LogIndex
  readonly lastTerm: Term | undefined
  readonly term: Term
  readonly vote: IncarnationId | undefined
  readonly commit: LogIndex
}

export const atomicBatches: Invariant = {
  rule: "RA16",
  title: "AtomicBatches",
  on: ["Took", "Synced", "Started", "DiskLost"],
  make: () => {
    // Per node, the state that is synced and those that later batches will make of it.
    const borders: Array<Array<Border>> = []
    return (_, event) => {
      if (!("node" in event)) return undefined
      const { number, name, raft, disk } = event.node
      const possible = (borders[number] ??= [])
      if (event._tag === "Took") {
        const { persist } = event.output
        if (persist === undefined || raft === undefined) return undefined
        possible.push(after(persist, raft.log))
        return persist.entries.length > 0 && persist.hardState.commit !== raft.log.commit
          ? `${name} writes entries up to ${raft.log.lastIndex} with commit ${persist.hardState.commit}, and has ${raft.log.commit}`
          : undefined
      }
      if (event._tag === "Synced") {
        while (possible.length > 0 && possible[0]!.batch < event.batch.batch) possible.shift()
        return undefined
      }
      // An empty disk has nothing of what was written to the old one.
      const known =
        event._tag === "DiskLost" ||
        possible.length === 0 ||
        possible.some((border) => isAt(disk, border))
      borders[number] = [present(disk)]
      return known
        ? undefined
        : `${name} comes back with a part of a batch, up to ${disk.lastIndex}`
    }
  }
}

const after = ({ batch, hardState }: Batch, log: LogView): Border => ({
  batch,
  last: log.lastIndex,
  lastTerm: log.lastTerm,
  term: hardState.term,
  vote: hardState.vote,
  commit: hardState.commit
})

const present = (disk: DiskImage): Border => ({
  batch: 0,
  last: disk.lastIndex,
  lastTerm: disk.term(disk.lastIndex),
  term: disk.hardState.term,
  vote: disk.hardState.vote,
  commit: disk.hardState.commit
})

const isAt = (disk: DiskImage, border: Border): boolean => {
  const { term, vote, commit } = disk.hardState
  return (
    disk.lastIndex === border.last &&
    disk.term(disk.lastIndex) === border.lastTerm &&
    term === border.term &&
    vote === border.vote &&
    commit === border.commit
  )
}
