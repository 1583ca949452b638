/**
 * The files that a log needs, and nothing more: what is written is durable after `sync`, and a name
 * that was created, changed or removed after `syncDirectory`.
 *
 * A narrow service, so that a simulated disk can forget, tear and refuse as real ones do.
 *
 * **Gotchas**
 *
 * A failed write or sync is never tried again: what the system's cache holds afterwards is unknown.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"

/**
 * The disk did not do it.
 *
 * - `NotFound`: no file or folder of that name. `NoSpace`: the disk is full.
 * - `InUse`: another process has the folder. `Denied`: the rights are missing.
 * - `Io`: anything else; what the file holds now is unknown.
 *
 * @category errors
 * @since 0.1.0
 */
export class DiskFailed extends Schema.TaggedError<DiskFailed>()("DiskFailed", {
  operation: Schema.String,
  path: Schema.String,
  reason: Schema.Literals(["NotFound", "NoSpace", "InUse", "Denied", "Io"]),
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `the disk could not ${this.operation} ${this.path}: ${meanings[this.reason]}`
  }
}

const meanings = {
  NotFound: "there is no such file",
  NoSpace: "it is full; make room, then start the node again",
  InUse: "another process uses the folder; stop that one, or choose another folder",
  Denied: "the rights are missing; let the user of this process write there",
  Io: "it failed; look at the machine's own log"
}

/**
 * An open file.
 *
 * @category models
 * @since 0.1.0
 */
export interface DiskFile {
  readonly size: Effect.Effect<number, DiskFailed>
  /** Up to `length` bytes from `offset` on; fewer at the end of the file. The caller's own copy. */
  readonly readAt: (offset: number, length: number) => Effect.Effect<Uint8Array, DiskFailed>
  /** All of `bytes`, or a failure. Writing behind the end makes the file longer. */
  readonly writeAt: (offset: number, bytes: Uint8Array) => Effect.Effect<void, DiskFailed>
  /** What was written is durable when this returns. */
  readonly sync: Effect.Effect<void, DiskFailed>
}

/**
 * Paths are written with `/`.
 *
 * @category services
 * @since 0.1.0
 */
export class Disk extends Context.Service<
  Disk,
  {
    /** Makes the folder, and those above it, if they are not there. Durable when it returns. */
    readonly makeDirectory: (path: string) => Effect.Effect<void, DiskFailed>
    /** `create`: makes the file if it is not there. Closed with the scope. */
    readonly open: (
      path: string,
      mode: "read" | "write" | "create"
    ) => Effect.Effect<DiskFile, DiskFailed, Scope.Scope>
    /** The names in a folder, in order of code units. */
    readonly list: (directory: string) => Effect.Effect<ReadonlyArray<string>, DiskFailed>
    /** Takes the place of a file that has the new name. */
    readonly rename: (from: string, to: string) => Effect.Effect<void, DiskFailed>
    readonly remove: (path: string) => Effect.Effect<void, DiskFailed>
    /** Names created, renamed and removed in the folder are durable when this returns. */
    readonly syncDirectory: (directory: string) => Effect.Effect<void, DiskFailed>
    /** Keeps other processes out until the scope closes or this process ends, in whatever way. */
    readonly lock: (directory: string) => Effect.Effect<void, DiskFailed, Scope.Scope>
  }
>()("@distri/core/log/storage/Disk") {}
