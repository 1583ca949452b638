import { sha256 } from "@noble/hashes/sha2.js"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { type Corrupt, Unavailable } from "../../ReplicatedLog.ts"
import type { DiskFailed, DiskFile } from "../Disk.ts"
import { StorageFailed, type StoredSnapshot } from "../LogStorage.ts"
import * as Layout from "../pure/SnapshotLayout.ts"
import { expectSnapshot } from "./expectSnapshot.ts"
import { pathOf, removeFile, type Folder } from "./folder.ts"

/** What may wait for the disk at once: a long sync of ours would hold up those of the log. */
const piecesUnsynced = 32

/** Writes `part`, syncs it, and gives it its name. After a failure nothing of it is left. */
export const write = <E>(
  folder: Folder,
  name: string,
  part: string,
  data: Stream.Stream<Uint8Array, E>,
  expected: Pick<StoredSnapshot, "bytes" | "digest"> | undefined
): Effect.Effect<Layout.Footer, E | Corrupt | Unavailable | StorageFailed> =>
  Effect.gen(function* () {
    const file = yield* Effect.mapError(folder.disk.open(pathOf(folder, part), "create"), failed)
    const footer = yield* writePieces(file, data)
    yield* expectSnapshot(footer, expected)
    yield* Effect.uninterruptible(Effect.mapError(complete(folder, file, name, part), failed))
    return footer
  }).pipe(
    Effect.scoped,
    Effect.onError(() => Effect.ignore(removeFile(folder, part)))
  )

const complete = Effect.fnUntraced(function* (
  folder: Folder,
  file: DiskFile,
  name: string,
  part: string
) {
  yield* file.sync
  yield* folder.disk.rename(pathOf(folder, part), pathOf(folder, name))
  yield* folder.disk.syncDirectory(folder.directory)
})

const writePieces = Effect.fnUntraced(function* <E>(
  file: DiskFile,
  data: Stream.Stream<Uint8Array, E>
) {
  const hash = sha256.create()
  const piece = new Uint8Array(4 + Layout.pieceBytes)
  let filled = 4
  let number = 0
  let at = 0

  const flush = Effect.fnUntraced(function* () {
    const whole = piece.subarray(0, filled)
    Layout.sealPiece(whole, number)
    yield* file.writeAt(at, whole)
    at += filled
    number += 1
    filled = 4
    if (number % piecesUnsynced === 0) yield* file.sync
  }, Effect.mapError(failed))

  yield* Stream.runForEach(
    data,
    Effect.fnUntraced(function* (bytes: Uint8Array) {
      hash.update(bytes)
      for (let from = 0; from < bytes.length;) {
        const length = Math.min(bytes.length - from, piece.length - filled)
        piece.set(bytes.subarray(from, from + length), filled)
        filled += length
        from += length
        if (filled === piece.length) yield* flush()
      }
    })
  )
  if (filled > 4) yield* flush()
  const footer = { bytes: at - 4 * number, digest: Layout.hex(hash.digest()) }
  yield* Effect.mapError(file.writeAt(at, Layout.encodeFooter(footer)), failed)
  return footer
})

const failed = (cause: DiskFailed): Unavailable | StorageFailed =>
  cause.reason === "NoSpace"
    ? new Unavailable({ reason: "StorageFull" })
    : new StorageFailed({ what: "a snapshot could not be written", cause })
