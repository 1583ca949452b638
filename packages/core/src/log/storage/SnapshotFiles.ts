/**
 * The snapshots of a folder, one file each, complete or not there at all.
 *
 * A file that no record of the log names is a leftover, and is removed when the folder is opened. Until
 * then the last few that were completed stay, since the record that names one comes after it.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Corrupt, Unavailable } from "../ReplicatedLog.ts"
import type { DiskFailed, DiskFile } from "./Disk.ts"
import { expectSnapshot } from "./internal/expectSnapshot.ts"
import { pathOf, removeFile, snapshotName, type Folder } from "./internal/folder.ts"
import * as SnapshotWriter from "./internal/snapshotWriter.ts"
import { StorageFailed, type StoredSnapshot } from "./LogStorage.ts"
import { completed, dropped, renamed, type NamedSnapshots } from "./pure/NamedSnapshots.ts"
import { keptSnapshots, type LogState } from "./pure/LogState.ts"
import * as Layout from "./pure/SnapshotLayout.ts"

/**
 * `state`: what the log says as it is opened.
 *
 * @category constructors
 */
export const make = (folder: Folder, state: LogState | undefined) => {
  let kept: NamedSnapshots = { named: state ? keptSnapshots(state) : [], unnamed: [] }
  let count = 0

  const keep = Effect.fnUntraced(function* (next: NamedSnapshots) {
    const unwanted = dropped(kept, next)
    kept = next
    if (unwanted.length === 0) return
    for (const reference of unwanted) yield* removeFile(folder, snapshotName(reference))
    yield* folder.disk.syncDirectory(folder.directory)
  })

  return {
    write: Effect.fnUntraced(function* <E>(
      reference: string,
      data: Stream.Stream<Uint8Array, E>,
      expected?: Pick<StoredSnapshot, "bytes" | "digest">
    ) {
      if (!isReference(reference)) {
        return yield* new Corrupt({ what: "the name of a snapshot", where: reference })
      }
      if (kept.named.includes(reference)) return yield* existing(folder, reference, expected)
      count += 1
      const name = snapshotName(reference)
      const written = yield* SnapshotWriter.write(
        folder,
        name,
        `${name}.${count}.part`,
        data,
        expected
      )
      yield* Effect.mapError(keep(completed(kept, reference)), failed)
      return { reference, ...written } satisfies StoredSnapshot
    }),

    read: (reference: string, offset = 0): Stream.Stream<Uint8Array, Unavailable | Corrupt> =>
      Stream.unwrap(
        Effect.gen(function* () {
          if (!isReference(reference)) return yield* gone
          const file = yield* folder.disk.open(pathOf(folder, snapshotName(reference)), "read")
          const footer = yield* readFooter(file)
          if (footer === undefined) return yield* corrupt(reference, "its end")
          return pieces(file, reference, footer.bytes, offset)
        }).pipe(Effect.catchTag("DiskFailed", (error) => unreadable(reference, error)))
      ),

    /** From now on the log says `now`. What it named before, and does not name now, goes. */
    name: (now: LogState) => Effect.suspend(() => keep(renamed(kept, keptSnapshots(now))))
  }
}

/** References come from other nodes, too, and become names of files. */
const isReference = (reference: string): boolean => /^[A-Za-z0-9-]+$/.test(reference)

/** One that the log names is not written again: after a crash it would be another than the log says. */
const existing = Effect.fnUntraced(function* (
  folder: Folder,
  reference: string,
  expected: Pick<StoredSnapshot, "bytes" | "digest"> | undefined
) {
  const footer = yield* Effect.scoped(
    Effect.flatMap(folder.disk.open(pathOf(folder, snapshotName(reference)), "read"), readFooter)
  ).pipe(Effect.mapError((cause) => new StorageFailed({ what: "a snapshot is not there", cause })))
  if (footer === undefined) return yield* corrupt(reference, "its end")
  yield* expectSnapshot(footer, expected)
  return { reference, ...footer } satisfies StoredSnapshot
})

/** What is wrong with a snapshot that the log names, or undefined. Reads all of it. */
export const findProblem = (folder: Folder, expected: StoredSnapshot) => {
  const path = pathOf(folder, snapshotName(expected.reference))
  return Effect.gen(function* () {
    const file = yield* folder.disk.open(path, "read")
    const footer = yield* readFooter(file)
    if (footer?.bytes !== expected.bytes || footer.digest !== expected.digest) {
      return "it is not the snapshot that the log names"
    }
    yield* Stream.runDrain(pieces(file, expected.reference, expected.bytes, 0))
    return undefined
  }).pipe(
    Effect.scoped,
    Effect.catchTag(["Corrupt", "Unavailable"], (error) => Effect.succeed(error.message)),
    Effect.catchIf(
      (error) => error._tag === "DiskFailed" && error.reason === "NotFound",
      () => Effect.succeed("it is gone")
    )
  )
}

const readFooter = Effect.fnUntraced(function* (file: DiskFile) {
  const size = yield* file.size
  const at = Math.max(0, size - Layout.footerBytes)
  return Layout.decodeFooter(yield* file.readAt(at, Layout.footerBytes), size)
})

const pieces = (file: DiskFile, reference: string, bytes: number, offset: number) =>
  Stream.paginate(
    offset,
    Effect.fnUntraced(function* (from: number) {
      if (from >= bytes) return [[], Option.none<number>()] as const
      const { number, at, length } = Layout.pieceAt(from, bytes)
      const piece = yield* Effect.catchTag(file.readAt(at, length), "DiskFailed", (error) =>
        unreadable(reference, error)
      )
      if (!Layout.isPieceWhole(piece, number, length)) {
        return yield* corrupt(reference, `piece ${number}`)
      }
      const begin = number * Layout.pieceBytes
      return [[piece.subarray(4 + from - begin)], Option.some(begin + length - 4)] as const
    })
  )

const corrupt = (reference: string, where: string) =>
  Effect.fail(new Corrupt({ what: `the snapshot ${reference}`, where }))

const gone = Effect.fail(new Unavailable({ reason: "SnapshotGone" }))

const unreadable = (
  reference: string,
  error: DiskFailed
): Effect.Effect<never, Corrupt | Unavailable> =>
  error.reason === "NotFound" ? gone : corrupt(reference, error.message)

const failed = (cause: DiskFailed) =>
  new StorageFailed({ what: "a snapshot could not be removed", cause })
