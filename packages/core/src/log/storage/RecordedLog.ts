/**
 * Turns what the log core keeps into records. It remembers what they say together, since each segment
 * begins with that.
 */
import * as Effect from "effect/Effect"
import type { LogIndex } from "@distri/raft/LogIndex"
import type { Batch } from "@distri/raft/Output"
import type { Restored } from "@distri/raft/Restored"
import type { SnapshotMeta } from "@distri/raft/SnapshotMeta"
import { invariant } from "../../invariant.ts"
import type { LogId } from "../ReplicatedLog.ts"
import type { DiskFailed } from "./Disk.ts"
import type { Folder } from "./internal/folder.ts"
import { StorageFailed } from "./LogStorage.ts"
import { mergeBatches } from "./pure/mergeBatches.ts"
import { afterBatch, afterCompaction, withHardState, type LogState } from "./pure/LogState.ts"
import { encodeCompaction, encodeHead } from "./pure/RecordBody.ts"
import * as WriteAheadLog from "./WriteAheadLog.ts"

/**
 * `onSnapshot` is told what the log says once another snapshot stands in it.
 *
 * @category constructors
 */
export const make = Effect.fnUntraced(function* (
  folder: Folder,
  segmentBytes: number,
  ends: WriteAheadLog.Ends,
  initial: LogState | undefined,
  onSnapshot: (state: LogState) => Effect.Effect<void, DiskFailed>
) {
  let state = initial
  const known = (): LogState => {
    invariant(state !== undefined, "WA1: a log begins before it is written")
    return state
  }
  const log = yield* WriteAheadLog.make(folder, segmentBytes, ends, () => encodeHead(known()))

  /** `next` is true once `body` is durable. */
  const append = (body: WriteAheadLog.Body, next: LogState) =>
    Effect.map(log.append(body), () => {
      state = next
    })
  const release = (keepFrom: LogIndex) =>
    Effect.andThen(
      Effect.suspend(() => onSnapshot(known())),
      log.drop(keepFrom)
    )

  let failed: StorageFailed | undefined
  /** After the first failure nothing is tried any more (WA7). What has begun is not interrupted. */
  const guarded = (what: string, body: () => Effect.Effect<void, DiskFailed>) =>
    Effect.suspend((): Effect.Effect<void, StorageFailed> =>
      failed === undefined
        ? Effect.mapError(body(), (cause) => (failed = new StorageFailed({ what, cause })))
        : Effect.fail(failed)
    ).pipe(Effect.uninterruptible)

  return {
    isFull: log.isFull,
    begin: (id: LogId, { hardState, snapshot, entries }: Restored) =>
      guarded("the log could not begin", () => {
        invariant(state === undefined, "WA1: a log begins once")
        const last = (entries[0]?.index ?? snapshot.index + 1) - 1
        const head: LogState = { log: id, hardState, snapshot, replaced: "", last }
        const first = { hardState, truncateFrom: undefined, entries, snapshot: undefined }
        state = follows(afterBatch(head, first))
        return log.begin(WriteAheadLog.bodyOf("head", encodeHead(head, entries), state.last))
      }),

    write: (batches: ReadonlyArray<Batch>) =>
      guarded("the log could not be written", () => {
        if (!batches.some(({ mustSync }) => mustSync)) {
          for (const { hardState } of batches) state = follows(withHardState(known(), hardState))
          return Effect.void
        }
        const written = Effect.forEach(
          mergeBatches(batches),
          (merged) => append(merged, merged.batches.reduce(advance, known())),
          { discard: true }
        )
        return batches.some(({ snapshot }) => snapshot !== undefined)
          ? Effect.andThen(written, () => release(known().snapshot.index + 1))
          : written
      }),

    compact: (snapshot: SnapshotMeta, keepFrom: LogIndex) =>
      guarded("the log could not be compacted", () => {
        const compaction = { hardState: known().hardState, snapshot, keepFrom }
        const next = follows(afterCompaction(known(), compaction))
        const body = WriteAheadLog.bodyOf("compact", encodeCompaction(compaction))
        return Effect.andThen(append(body, next), release(keepFrom))
      })
  }
})

const advance = (state: LogState, batch: Batch): LogState => follows(afterBatch(state, batch))

/** What the log core gives follows from what it gave before, or it has a bug. */
const follows = (next: LogState | string): LogState => {
  invariant(typeof next !== "string", `WA11: records follow from each other: ${next as string}`)
  return next
}
