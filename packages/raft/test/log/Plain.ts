import type { Entry } from "../../src/Entry.ts"
import type { SnapshotMeta } from "../../src/SnapshotMeta.ts"

/** A log as a list from index 1 on: nothing is ever compacted, a snapshot stands for the entries in it. */
export type Plain = ReadonlyArray<Entry>

/** What the disk holds when a batch is durable. */
export interface Image {
  readonly held: Plain
  readonly commit: number
  readonly received: SnapshotMeta | undefined
}

/** How far two logs are the same. Same index and term is the same entry, and the same before it (RA3). */
export const common = (left: Plain, right: Plain): number => {
  let at = 0
  while (at < left.length && left[at]!.term === right[at]?.term) at++
  return at
}
