import type { LogIndex, LogTime, Term } from "./LogIndex.ts"

/**
 * One entry of the log. The bytes are the caller's: they are neither copied nor looked into.
 *
 * - `command`: `data` is what was proposed.
 * - `confChange`: `data` is an encoded `ConfChange`; it takes effect when it is applied.
 * - `noop`: the first entry of a leader, without data. It repeats the time of the entry before it.
 *
 * @category models
 * @since 0.1.0
 */
export interface Entry {
  readonly term: Term
  readonly index: LogIndex
  readonly kind: "command" | "confChange" | "noop"
  readonly time: LogTime
  readonly data: Uint8Array
}

/** What every entry costs in a message beside its data: term, index, kind, time, length. */
export const headBytes = 24

/** The bytes an entry counts for in the limits on messages, windows and uncommitted entries. */
export const entryBytes = (entry: Entry): number => headBytes + entry.data.length
