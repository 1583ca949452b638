/**
 * The disk of the machine, through `node:fs`.
 *
 * A folder is locked by an exclusive transaction of SQLite on an empty file in it, and never written to.
 * Below, that is a lock of the operating system on the file (`fcntl`): it ends with the process in
 * whatever way that ends, it holds across containers that share the folder, and a second one in the same
 * process is refused, too. Nothing has to guess from a process number whether somebody is still alive.
 *
 * **Gotchas**
 *
 * - An operation that has begun is waited for, also by a fiber that is interrupted: a file that was
 *   closed under it would lend its number to another.
 * - The folder has to be on a local disk: what network file systems promise for syncs and locks differs.
 */
import { Disk, DiskFailed, type DiskFile } from "@distri/core/log/storage/Disk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as fs from "node:fs"
import * as path from "node:path"

/**
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Disk> = Layer.sync(Disk, () =>
  Disk.of({
    makeDirectory,
    open,
    list: (directory) =>
      Effect.map(
        attempt<Array<string>>("list", directory, (done) => fs.readdir(directory, done)),
        (names) => names.toSorted()
      ),
    rename: (from, to) => attempt("rename", from, (done) => fs.rename(from, to, done)),
    remove: (file) => attempt("remove", file, (done) => fs.unlink(file, done)),
    syncDirectory,
    lock
  })
)

type Done<A> = (error: NodeJS.ErrnoException | null, value?: A) => void

/** Runs a function of `node:fs` to its end. */
const attempt = <A = void>(
  operation: string,
  file: string,
  run: (done: Done<A>) => void
): Effect.Effect<A, DiskFailed> =>
  Effect.uninterruptible(
    Effect.callback<A, DiskFailed>((resume) => {
      run((error, value) =>
        resume(
          error === null
            ? Effect.succeed(value as A)
            : Effect.fail(failure(operation, file, error.code, error))
        )
      )
    })
  )

const reasons: Record<string, DiskFailed["reason"]> = {
  ENOENT: "NotFound",
  ENOSPC: "NoSpace",
  EDQUOT: "NoSpace",
  EACCES: "Denied",
  EPERM: "Denied",
  EROFS: "Denied"
}

const failure = (operation: string, file: string, code: string | undefined, cause: unknown) =>
  new DiskFailed({ operation, path: file, reason: reasons[code ?? ""] ?? "Io", cause })

const flags = { read: fs.constants.O_RDONLY, write: fs.constants.O_RDWR } as const

const open = (
  file: string,
  mode: "read" | "write" | "create"
): Effect.Effect<DiskFile, DiskFailed, Scope.Scope> =>
  Effect.map(
    opened(file, mode === "create" ? flags.write | fs.constants.O_CREAT : flags[mode]),
    (fd) => ({
      size: Effect.map(
        attempt<fs.Stats>("measure", file, (done) => fs.fstat(fd, done)),
        ({ size }) => size
      ),
      readAt: (offset, length) => readAt(file, fd, offset, length),
      writeAt: (offset, bytes) => writeAt(file, fd, offset, bytes),
      sync: attempt("sync", file, (done) => fs.fdatasync(fd, done))
    })
  )

const opened = (file: string, flag: number) =>
  Effect.acquireRelease(
    attempt<number>("open", file, (done) => fs.open(file, flag, 0o600, done)),
    (fd) => Effect.ignore(attempt("close", file, (done) => fs.close(fd, done)))
  )

/** The system may hand out less than it was asked for, and end anywhere. */
const readAt = Effect.fnUntraced(function* (
  file: string,
  fd: number,
  offset: number,
  length: number
) {
  const bytes = new Uint8Array(length)
  let filled = 0
  while (filled < length) {
    const count = yield* attempt<number>("read", file, (done) =>
      fs.read(fd, bytes, filled, length - filled, offset + filled, done)
    )
    if (count === 0) return bytes.subarray(0, filled)
    filled += count
  }
  return bytes
})

const writeAt = Effect.fnUntraced(function* (
  file: string,
  fd: number,
  offset: number,
  bytes: Uint8Array
) {
  let written = 0
  while (written < bytes.length) {
    written += yield* attempt<number>("write", file, (done) =>
      fs.write(fd, bytes, written, bytes.length - written, offset + written, done)
    )
  }
})

/** Windows has no such thing, and needs none. */
const syncDirectory = (directory: string): Effect.Effect<void, DiskFailed> =>
  process.platform === "win32"
    ? Effect.void
    : Effect.scoped(
        Effect.flatMap(opened(directory, flags.read), (fd) =>
          attempt("sync", directory, (done) => fs.fsync(fd, done))
        )
      )

const makeDirectory = Effect.fnUntraced(function* (directory: string) {
  const first = yield* attempt<string | undefined>("make", directory, (done) =>
    fs.mkdir(directory, { recursive: true, mode: 0o700 }, done)
  )
  if (first === undefined) return
  // Each new name lies in the folder above it.
  const top = path.dirname(path.resolve(first))
  let above = path.resolve(directory)
  while (above !== top) {
    above = path.dirname(above)
    yield* syncDirectory(above)
  }
})

const lock = Effect.fnUntraced(function* (directory: string) {
  // Loaded when it is needed: older releases of Node.js warn that it is new.
  const { DatabaseSync } = process.getBuiltinModule("node:sqlite")
  const locked = <A>(run: () => A) =>
    Effect.try({ try: run, catch: (cause) => lockFailure(directory, cause) })
  const database = yield* Effect.acquireRelease(
    locked(() => new DatabaseSync(path.join(directory, "lock"))),
    (opened) => Effect.sync(() => opened.close())
  )
  yield* locked(() => database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE"))
})

/** What SQLite says of a file that it may not open, or that another has. */
const lockReasons: Record<number, DiskFailed["reason"]> = { 5: "InUse", 8: "Denied", 14: "Denied" }

const lockFailure = (directory: string, cause: unknown) => {
  const { errcode = 0 } = cause as { readonly errcode?: number }
  const reason = lockReasons[errcode] ?? "Io"
  return new DiskFailed({ operation: "lock", path: directory, reason, cause })
}
