/**
 * A disk for one life of a simulated process. What it does takes as long as the hooks say, and fails
 * where they say so; everything else is synchronous.
 *
 * **Gotchas**
 *
 * A process that ended is to be dropped, not interrupted: its finalizers would wait for a disk that does
 * not answer any more.
 */
import type { Disk, DiskFailed } from "@distri/core/log/storage/Disk"
import * as Effect from "effect/Effect"
import { answer, type DiskHooks, type DiskOperation, failed } from "./DiskHooks.ts"
import type { DiskImage } from "./DiskImage.ts"
import type { SimFile } from "./SimFile.ts"
import * as SimHandle from "./simHandle.ts"
import { parentOf } from "./SimNames.ts"

/**
 * The disk as one process has it, until the image is told that processes ended: from then on nothing
 * that was asked is ever answered (SIM3).
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = (image: DiskImage, hooks: DiskHooks = {}): Disk["Service"] => {
  const process = { image, hooks, life: image.begin() }
  const ask = <A>(
    operation: DiskOperation,
    path: string,
    body: () => Effect.Effect<A, DiskFailed>
  ) => answer(process, operation, path, body)
  /** Asks something of the file that has the name. */
  const askFile = <A>(
    operation: DiskOperation,
    path: string,
    body: (file: SimFile) => Effect.Effect<A, DiskFailed>
  ) =>
    ask(operation, path, () => {
      const file = image.file(path)
      return file === undefined ? failed(operation, path, "NotFound") : body(file)
    })

  return {
    makeDirectory: (path) =>
      ask("makeDirectory", path, () => Effect.sync(() => image.makeDirectory(path))),
    open: (path, mode) =>
      Effect.andThen(
        mode === "create" ? ask("open", path, () => create(image, path)) : Effect.void,
        askFile("open", path, (file) =>
          Effect.succeed(SimHandle.open(process, file, mode === "read"))
        )
      ),
    list: (directory) =>
      ask("list", directory, () =>
        image.hasDirectory(directory)
          ? Effect.succeed(image.list(directory))
          : failed("list", directory, "NotFound")
      ),
    rename: (from, to) =>
      askFile("rename", from, (file) => Effect.sync(() => image.rename(file, to))),
    remove: (path) => askFile("remove", path, (file) => Effect.sync(() => image.remove(file))),
    syncDirectory: (directory) =>
      ask("syncDirectory", directory, () => Effect.sync(() => image.syncDirectory(directory))),
    lock: (directory) =>
      Effect.acquireRelease(
        ask("lock", directory, () =>
          image.lock(directory, process.life) ? Effect.void : failed("lock", directory, "InUse")
        ),
        () => Effect.sync(() => image.unlock(directory, process.life))
      )
  }
}

const create = (image: DiskImage, path: string): Effect.Effect<void, DiskFailed> => {
  if (image.file(path) !== undefined) return Effect.void
  return image.hasDirectory(parentOf(path))
    ? Effect.sync(() => image.create(path))
    : failed("open", path, "NotFound")
}
