/** What a command did to one document. */
import type { Stored } from "../state/State.ts"
import type { LogIndex } from "../value/LogIndex.ts"

/**
 * In log order. `op` is the position among the changes of its entry; `before` and `after` are the
 * documents as they were kept.
 *
 * @category models
 */
export interface Change {
  readonly index: LogIndex
  readonly op: number
  readonly collection: string
  /** Of the collection: one that is dropped and created again has another. */
  readonly uid: LogIndex
  readonly id: string
  readonly kind: "added" | "updated" | "deleted" | "expired"
  readonly before?: Stored
  readonly after?: Stored
}

/** A collection was dropped; its documents went with it. @category models */
export interface Dropped {
  readonly index: LogIndex
  readonly op: number
  readonly collection: string
  readonly uid: LogIndex
  readonly kind: "dropped"
}
