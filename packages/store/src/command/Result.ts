/** What a command came to. */
import * as Schema from "effect/Schema"
import { LogIndex } from "../value/LogIndex.ts"
import { Refusal, type Refused } from "./Refusal.ts"

/**
 * - `version`: the place in the log where it took effect.
 * - `matched`: documents it met. `modified`: documents it added, changed or deleted.
 * - `id`: of the document that was added or addressed. Commands on many documents give counts only.
 *
 * @category models
 * @since 0.1.0
 */
export const Written = Schema.TaggedStruct("Written", {
  version: LogIndex,
  matched: Schema.Natural,
  modified: Schema.Natural,
  id: Schema.optionalKey(Schema.String)
})
/** @category models */
export type Written = typeof Written.Type

/** A refused command is a result too. @category schemas */
export const Result = Schema.Union([Written, Refusal])

/** As it stands in the state: plain data. @category models */
export type Result = Written | Refused
