/** What a log core would give to a storage, made by hand. */
import type { Entry } from "@distri/raft/Entry"
import type { HardState } from "@distri/raft/HardState"
import type { IncarnationId } from "@distri/raft/IncarnationId"
import { withVoters } from "@distri/raft/membership/Configuration"
import type { Batch } from "@distri/raft/Output"
import { founding, type Restored } from "@distri/raft/Restored"
import type { SnapshotMeta } from "@distri/raft/SnapshotMeta"
import type { LogStorage, StoredSnapshot } from "../../../src/log/storage/LogStorage.ts"

export type Storage = LogStorage["Service"]

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

export const entry = (index: number, data: string | Uint8Array, term = 1): Entry => ({
  term,
  index,
  kind: "command",
  time: 1000 + index,
  data: typeof data === "string" ? bytes(data) : data
})

export const hardState = (term: number, commit: number, vote?: IncarnationId): HardState => ({
  term,
  vote,
  commit
})

export const batch = (parts: Partial<Batch> & Pick<Batch, "hardState">): Batch => ({
  batch: 1,
  truncateFrom: undefined,
  entries: [],
  snapshot: undefined,
  mustSync: true,
  afterPersist: [],
  ...parts
})

/** Entries that stand behind the founding snapshot, or behind each other, all committed. */
export const appending = (first: number, ...data: ReadonlyArray<string>): Batch =>
  batch({
    hardState: hardState(1, first + data.length - 1),
    entries: data.map((text, at) => entry(first + at, text))
  })

/** A log of these nodes, this one of them. */
export const foundedBy = (incarnation: IncarnationId, ...others: ReadonlyArray<string>): Restored =>
  founding(withVoters([incarnation, ...others]))

export const metaOf = (
  { reference, bytes: size, digest }: StoredSnapshot,
  index: number,
  voters: ReadonlyArray<IncarnationId>,
  term = 1
): SnapshotMeta => ({
  index,
  term,
  time: 1000 + index,
  configuration: withVoters(voters),
  reference,
  bytes: size,
  digest
})
