import type { LogIndex, LogTime, Term } from "./LogIndex.ts"
import type { Configuration } from "./membership/Configuration.ts"

/**
 * What the core knows of a snapshot; the bytes travel outside of it. It stands for the whole log up to
 * `index`. A new cloud begins with one at index 1 and term 1, of an empty state machine (`founding`).
 *
 * `reference` says where the shell finds the bytes, `digest` is their hash as text.
 *
 * @category models
 * @since 0.1.0
 */
export interface SnapshotMeta {
  readonly index: LogIndex
  readonly term: Term
  readonly time: LogTime
  readonly configuration: Configuration
  readonly reference: string
  readonly bytes: number
  readonly digest: string
}
