/** A file of the write-ahead log that is ready to be written: records, then zeros, all of it synced. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import type { DiskFile } from "../Disk.ts"
import { encodePage, pageBytes } from "../pure/SegmentPage.ts"
import { pathOf, removeFile, type Folder } from "./folder.ts"

export interface Segment {
  readonly name: string
  readonly file: DiskFile
  readonly close: Effect.Effect<void>
  readonly salt: number
  readonly bytes: number
}

const zeros = new Uint8Array(1024 * 1024)

/** What may wait for the disk at once: a long sync of ours would hold up those of the writer. */
const unsyncedMaxBytes = 8 * zeros.length

/**
 * Makes a segment of `bytes` bytes that begins with `records`. Without the zeros each sync would have
 * to write the size of the file too, and what a torn record left out could not be seen (WA5).
 * After a failure nothing of it is left. Open until `scope` closes.
 */
export const create = Effect.fnUntraced(function* (
  folder: Folder,
  scope: Scope.Scope,
  name: string,
  { salt, records, bytes }: { salt: number; records: Uint8Array; bytes: number }
) {
  const own = yield* Scope.fork(scope)
  const write = Effect.gen(function* () {
    const file = yield* folder.disk.open(pathOf(folder, name), "create")
    yield* file.writeAt(0, encodePage({ salt, bytes }))
    if (records.length > 0) yield* file.writeAt(pageBytes, records)
    let at = pageBytes + records.length
    while (at < bytes) {
      const length = Math.min(bytes - at, zeros.length)
      yield* file.writeAt(at, zeros.subarray(0, length))
      at += length
      if (at % unsyncedMaxBytes < length) yield* file.sync
    }
    yield* file.sync
    return file
  })
  const file = yield* Scope.provide(write, own).pipe(
    Effect.onError(() =>
      Effect.andThen(Scope.close(own, Exit.void), Effect.ignore(removeFile(folder, name)))
    )
  )
  const segment: Segment = { name, file, close: Scope.close(own, Exit.void), salt, bytes }
  return segment
})
