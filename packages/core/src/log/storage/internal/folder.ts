/** The names in the folder of a log, and small files that are there as a whole or not at all. */
import * as Effect from "effect/Effect"
import type { Disk, DiskFailed } from "../Disk.ts"

/** A folder that one process holds. */
export interface Folder {
  readonly disk: Disk["Service"]
  readonly directory: string
}

export const pathOf = ({ directory }: Folder, name: string): string => `${directory}/${name}`

/** `number`: of the first record. */
export const segmentName = (number: number): string => `${String(number).padStart(16, "0")}.wal`
export const snapshotName = (reference: string): string => `snapshot-${reference}.snap`

export const isSegment = (name: string): boolean => /^\d{16}\.wal$/.test(name)
export const isSnapshot = (name: string): boolean => /^snapshot-.*\.snap$/.test(name)

/** What was being written when a process ended. Nothing in it was ever counted on. */
export const isPart = (name: string): boolean => name.endsWith(".part")

/** The number of a folder that damaged files were set aside in; 0 for all other names. */
export const damagedNumber = (name: string): number =>
  Number(/^damaged-(\d+)$/.exec(name)?.[1] ?? 0)

/** Undefined: there is no such file. */
export const readFile = (folder: Folder, name: string) =>
  Effect.gen(function* () {
    const file = yield* folder.disk.open(pathOf(folder, name), "read")
    return yield* file.readAt(0, yield* file.size)
  }).pipe(
    Effect.scoped,
    Effect.catchIf(
      (failed: DiskFailed) => failed.reason === "NotFound",
      () => Effect.succeed(undefined)
    )
  )

/** Takes the place of the file of that name, and is durable when this returns (WA9). */
export const replaceFile = Effect.fnUntraced(function* (
  folder: Folder,
  name: string,
  bytes: Uint8Array
) {
  const part = pathOf(folder, `${name}.part`)
  yield* removeFile(folder, `${name}.part`)
  yield* Effect.scoped(
    Effect.gen(function* () {
      const file = yield* folder.disk.open(part, "create")
      yield* file.writeAt(0, bytes)
      yield* file.sync
    })
  )
  yield* folder.disk.rename(part, pathOf(folder, name))
  yield* folder.disk.syncDirectory(folder.directory)
})

/** It may be gone already. Durable after `syncDirectory` only. */
export const removeFile = (folder: Folder, name: string): Effect.Effect<void, DiskFailed> =>
  Effect.catchIf(
    folder.disk.remove(pathOf(folder, name)),
    ({ reason }) => reason === "NotFound",
    () => Effect.void
  )
