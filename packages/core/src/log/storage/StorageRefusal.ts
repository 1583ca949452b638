/** Why a folder is not opened. Nothing in it was changed. */
import * as Schema from "effect/Schema"

/**
 * A log that only this node has cannot be read from `offset` of `file` on.
 *
 * @category errors
 * @since 0.1.0
 */
export class LogDamaged extends Schema.TaggedError<LogDamaged>()("LogDamaged", {
  file: Schema.String,
  offset: Schema.Number,
  problem: Schema.String
}) {
  override get message() {
    return `${this.file} is damaged at byte ${this.offset} (${this.problem}), and no other node is known to hold this log; if other nodes vote in this cloud, move the folder away, and this node joins anew; if it alone votes, put back a copy of the folder (what was written since is lost), or move it away to begin with an empty log`
  }
}

/**
 * The folder belongs to another cloud, or to another node of it: `expected` was asked for, `found` is
 * written there.
 *
 * @category errors
 * @since 0.1.0
 */
export class ForeignFolder extends Schema.TaggedError<ForeignFolder>()("ForeignFolder", {
  directory: Schema.String,
  of: Schema.Literals(["cloud", "node"]),
  expected: Schema.String,
  found: Schema.String
}) {
  override get message() {
    return `${this.directory} belongs to the ${this.of} "${this.found}", not to "${this.expected}"; choose another folder, or correct the name`
  }
}

/**
 * A newer release wrote the file, in a form that this one does not know.
 *
 * @category errors
 * @since 0.1.0
 */
export class NewerFormat extends Schema.TaggedError<NewerFormat>()("NewerFormat", {
  file: Schema.String,
  found: Schema.Number,
  known: Schema.Number
}) {
  override get message() {
    return `${this.file} has format ${this.found}, and this release knows up to ${this.known}; install the release that wrote it, or a newer one`
  }
}

/** @category errors */
export type StorageRefusal = LogDamaged | ForeignFolder | NewerFormat
