/** Names a place in the log, and the time that the log gave to an entry. */
import * as Schema from "effect/Schema"

/**
 * The place of an entry. The first entry has 1; 0 stands before it.
 *
 * @category models
 * @since 0.1.0
 */
export const LogIndex = Schema.Natural.pipe(Schema.brand("LogIndex"))

/** @category models */
export type LogIndex = typeof LogIndex.Type

/**
 * Milliseconds since 1970, given by the log. It never goes back.
 *
 * @category models
 * @since 0.1.0
 */
export const LogTime = Schema.Int.pipe(Schema.brand("LogTime"))

/** @category models */
export type LogTime = typeof LogTime.Type

/** Before the first entry: nothing is applied yet. */
export const start = LogIndex.make(0)

/** The place after `index`. */
export const next = (index: LogIndex): LogIndex => (index + 1) as LogIndex
