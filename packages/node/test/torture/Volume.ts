/**
 * A small file system of a node's own, in a file, which can be filled up.
 *
 * Mounting needs rights that few processes have; `unavailable` says whether they are missing.
 */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as childProcess from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"

export interface Volume {
  readonly path: string
  /** Takes all the room there is left, until the scope closes. */
  readonly full: Effect.Effect<void, never, Scope.Scope>
  readonly isFull: () => boolean
}

/** Room for the segments of a log, its snapshots and a copy of one while it starts. */
const bytes = "768M"

const run = (command: string, ...args: ReadonlyArray<string>) =>
  void childProcess.execFileSync(command, args, { stdio: ["ignore", "ignore", "pipe"] })

/** Why no volumes can be made here, in `folder`; undefined: they can. */
export const unavailable = (folder: string): Effect.Effect<string | undefined> =>
  Effect.scoped(make(folder, "trial")).pipe(
    Effect.match({ onSuccess: () => undefined, onFailure: (problem) => problem }),
    Effect.ensuring(Effect.sync(() => fs.rmSync(path.join(folder, "trial.disk"), { force: true })))
  )

/** Unmounted when the scope closes. */
export const make = (folder: string, name: string): Effect.Effect<Volume, string, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.try({
      try: (): Volume => {
        const file = path.join(folder, `${name}.disk`)
        const mounted = path.join(folder, name)
        fs.mkdirSync(mounted, { recursive: true })
        run("truncate", "-s", bytes, file)
        run("mkfs.ext4", "-q", "-F", "-m", "0", file)
        run("mount", "-o", "loop", file, mounted)
        const ballastFile = path.join(mounted, "ballast")
        return {
          path: mounted,
          full: ballast(ballastFile),
          isFull: () => fs.existsSync(ballastFile)
        }
      },
      catch: (cause) =>
        String((cause as Error).message)
          .split("\n")
          .slice(0, 2)
          .join(": ")
    }),
    (volume) => Effect.ignore(Effect.try(() => run("umount", "-l", volume.path)))
  )

/** Room is taken without writing to it; what is left after that is less than a page of the log. */
const ballast = (file: string) =>
  Effect.acquireRelease(
    Effect.callback<void>((resume) => {
      const { bavail, bsize } = fs.statfsSync(path.dirname(file))
      const args = ["-l", String(bavail * bsize), file]
      childProcess.execFile("fallocate", args, () => {
        fillRest(file)
        resume(Effect.void)
      })
    }),
    () => Effect.sync(() => fs.rmSync(file, { force: true }))
  )

const fillRest = (file: string): void => {
  const opened = fs.openSync(file, "a")
  const page = Buffer.alloc(4096)
  try {
    while (true) fs.writeSync(opened, page)
  } catch {
    fs.closeSync(opened)
  }
}
