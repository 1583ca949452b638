/** What can go wrong with a typed collection, besides what goes wrong with any. */
import * as Data from "effect/Data"
import * as Schema from "effect/Schema"
import { LogIndex } from "@distri/store/value/LogIndex"
import type { WriteError } from "./DatabaseError.ts"
import { ResumeToken } from "./Documents.ts"

/**
 * A stored document does not fit the schema of its collection: it was written without it, or under
 * another one. `documents.get`, `documents.read` and `documents.watch` still give it as it is.
 *
 * `version`: the entry of its last change. `resume`: only of a change that is watched; a watch that
 * is started from there goes on after it.
 *
 * @category errors
 * @since 0.1.0
 */
export class DocumentDecodeError extends Schema.TaggedError<DocumentDecodeError>()(
  "DocumentDecodeError",
  {
    collection: Schema.String,
    id: Schema.String,
    version: LogIndex,
    issue: Schema.String,
    resume: Schema.optionalKey(ResumeToken)
  }
) {
  override get message() {
    const { collection, id, issue, version } = this
    return `"${id}" of "${collection}", as of version ${version}, does not fit the schema: ${issue}`
  }
}

/**
 * `addAll` stopped. The first `added` documents are stored, and none of those that come after,
 * unless `reason` is `Ambiguous`: then the next up to 100 may be.
 *
 * `position`: of the document that was refused, counted from 0, if it was one.
 *
 * @category errors
 * @since 0.1.0
 */
export class AddAllFailed<E = never> extends Data.TaggedError("AddAllFailed")<{
  readonly added: number
  readonly position?: number
  readonly reason: unknown
}> {
  declare readonly reason: WriteError | E

  override get message() {
    const which = this.position === undefined ? "" : `, document ${this.position}`
    const why = this.reason instanceof Error ? this.reason.message : String(this.reason)
    return `${this.added} documents were added before this failed${which}: ${why}`
  }
}
