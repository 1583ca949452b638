import type { Entry } from "../../src/Entry.ts"
import { Log } from "../../src/log/Log.ts"
import type { SnapshotMeta } from "../../src/SnapshotMeta.ts"

export const entry = (index: number, term: number, bytes = 0): Entry => ({
  index,
  term,
  kind: index % 4 === 0 ? "confChange" : "command",
  time: 10 * term + index,
  data: new Uint8Array(bytes)
})

/** Entries from `first` on, with these terms. */
export const entries = (first: number, ...terms: ReadonlyArray<number>): ReadonlyArray<Entry> =>
  terms.map((term, at) => entry(first + at, term))

export const snapshot = (index: number, term: number): SnapshotMeta => ({
  index,
  term,
  time: index === 0 ? 0 : 10 * term + index,
  configuration: {
    voters: ["a/1"],
    votersOutgoing: [],
    learners: [],
    learnersNext: [],
    autoLeave: false
  },
  reference: `${index}@${term}`,
  bytes: 100,
  digest: ""
})

/** A log that begins behind `before`, and whose disk holds entries of these terms. */
export const logOf = (before: SnapshotMeta, ...terms: ReadonlyArray<number>): Log =>
  new Log({ snapshot: before, entries: entries(before.index + 1, ...terms), commit: 0 }, {})

export const termsOf = (log: Log): ReadonlyArray<number> =>
  Array.from({ length: log.lastIndex - log.firstIndex + 1 }, (_, at) =>
    log.term(log.firstIndex + at)!
  )
