/**
 * What a storage should hold, and what a log core might do to it next. A plain list of entries: slow,
 * and easy to believe.
 */
import type { Entry } from "@distri/raft/Entry"
import type { Batch } from "@distri/raft/Output"
import type { Restored } from "@distri/raft/Restored"
import type { SnapshotMeta } from "@distri/raft/SnapshotMeta"
import { batch } from "../../../core/test/log/storage/batches.ts"
import type { Random } from "../../src/random/Random.ts"

/** Undefined: it belongs to no log yet. */
export interface Expected {
  readonly term: number
  readonly vote: string | undefined
  /** The disk may have an earlier one, but not before that which came with the last entries. */
  readonly commit: number
  readonly commitWritten: number
  readonly snapshot: SnapshotMeta
  /** Behind `snapshot`. */
  readonly entries: ReadonlyArray<Entry>
}

export const lastOf = ({ snapshot, entries }: Expected): number => snapshot.index + entries.length

export const begun = ({ hardState, snapshot, entries }: Restored): Expected => ({
  term: hardState.term,
  vote: hardState.vote,
  commit: hardState.commit,
  commitWritten: hardState.commit,
  snapshot,
  entries
})

export const written = (
  before: Expected,
  { hardState, truncateFrom, ...rest }: Batch
): Expected => {
  const { term, vote, commit } = hardState
  const isSynced = rest.mustSync
  const kept =
    rest.snapshot !== undefined
      ? []
      : before.entries.filter(({ index }) => truncateFrom === undefined || index < truncateFrom)
  return {
    term,
    vote,
    commit,
    commitWritten: isSynced ? commit : before.commitWritten,
    snapshot: rest.snapshot ?? before.snapshot,
    entries: [...kept, ...rest.entries]
  }
}

export const compacted = (before: Expected, snapshot: SnapshotMeta): Expected => ({
  ...before,
  commitWritten: before.commit,
  snapshot,
  entries: before.entries.filter(({ index }) => index > snapshot.index)
})

/** What differs, or undefined. */
export const difference = (expected: Expected, found: Restored): string | undefined => {
  const { term, vote, commit } = found.hardState
  if (term !== expected.term) return `term ${term}, not ${expected.term}`
  if (vote !== expected.vote) return `vote ${vote}, not ${expected.vote}`
  const least = Math.max(expected.commitWritten, expected.snapshot.index)
  if (commit < least || commit > expected.commit) {
    return `commit ${commit}, not ${least} to ${expected.commit}`
  }
  if (JSON.stringify(found.snapshot) !== JSON.stringify(expected.snapshot)) {
    return `snapshot ${found.snapshot.reference}, not ${expected.snapshot.reference}`
  }
  const entries = found.entries.filter(({ index }) => index > expected.snapshot.index)
  return textOf(entries) === textOf(expected.entries)
    ? undefined
    : `entries ${textOf(entries)}, not ${textOf(expected.entries)}`
}

/** One to three batches, as a log core could give them behind `before`. */
export const someBatches = (random: Random, before: Expected): ReadonlyArray<Batch> => {
  const batches: Array<Batch> = []
  let state = before
  for (let left = random.whole(1, 4); left > 0; left--) {
    const next = someBatch(random, state)
    batches.push(next)
    state = written(state, next)
  }
  return batches
}

const someBatch = (random: Random, before: Expected): Batch => {
  const last = lastOf(before)
  const isTruncating = last > before.commit && random.chance(0.3)
  const truncateFrom = isTruncating ? random.whole(before.commit + 1, last + 1) : undefined
  const term = before.term + (isTruncating || random.chance(0.1) ? 1 : 0)
  const first = truncateFrom ?? last + 1
  const count = isTruncating ? random.whole(1, 4) : random.pick([0, 1, 1, 2, 5])
  const entries = Array.from({ length: count }, (_, at) => someEntry(random, first + at, term))
  const commit = random.whole(before.commit, first + count)
  const vote = term === before.term ? before.vote : random.pick([undefined, "n1/x", "n2/y"])
  const mustSync = count > 0 || term !== before.term
  return batch({ hardState: { term, vote, commit }, truncateFrom, entries, mustSync })
}

const someEntry = (random: Random, index: number, term: number): Entry => ({
  term,
  index,
  kind: "command",
  time: index,
  // No zeros: a sector of them would look like one that was never written.
  data: Uint8Array.from({ length: random.pick([3, 40, 700, 2000]) }, () => random.whole(1, 256))
})

const textOf = (entries: ReadonlyArray<Entry>): string =>
  entries.map(({ index, term, data }) => `${index}/${term}:${data.join(".")}`).join(" ")
