/**
 * Keeps a node's part of a log in a folder.
 *
 * ```
 * identity                    whose it is, and the incarnation
 * <first record>.wal          segments of the write-ahead log
 * snapshot-<reference>.snap   complete ones only; `.part` while being written
 * damaged-<n>/                what was set aside
 * ```
 *
 * What a batch says is durable when `write` returns, for a batch that does not ask for a sync with the
 * next that does: it moved the commit index and nothing else, and that may lag.
 *
 * **Gotchas**
 *
 * A folder that is damaged is set aside, and the node comes back empty under a new incarnation, since
 * other nodes have all that it acknowledged. Where no others are known, it refuses to start (WA6).
 */
import type * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { LogId } from "../ReplicatedLog.ts"
import { Disk, type DiskFailed } from "./Disk.ts"
import { brokenDisk, type Breaks } from "./internal/breaks.ts"
import { openFolder } from "./internal/openFolder.ts"
import { LogStorage } from "./LogStorage.ts"
import * as RecordedLog from "./RecordedLog.ts"
import * as SnapshotFiles from "./SnapshotFiles.ts"
import type { StorageRefusal } from "./StorageRefusal.ts"

/**
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /** Made if it is not there. One for each node. */
  readonly directory: string
  /** The name of the node. */
  readonly node: string
  /** The name of the cloud. */
  readonly cluster: string
  /**
   * Default 64 MiB; the folder takes two more than its entries need. Smaller ones are filled sooner,
   * each at the price of two syncs.
   */
  readonly segmentBytes?: number | undefined
  /** For tests only. */
  readonly breaks?: Breaks | undefined
}

/** @category errors */
export type OpenError = DiskFailed | StorageRefusal

/**
 * The storage in a folder, which no other process can open until the scope closes.
 *
 * - `DiskFailed`: the folder cannot be used; with `InUse`, another process has it.
 * - `ForeignFolder`, `NewerFormat`: it is not for this node, or not for this release.
 * - `LogDamaged`: it is damaged, and no other node is known to have what it holds.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Options
): Layer.Layer<LogStorage, OpenError, Disk | SecureRandom.SecureRandom> =>
  Layer.effect(LogStorage, make(options))

/**
 * As `layer`, in the scope of the caller.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (options: Options) {
  const { directory, segmentBytes = 64 * 1024 * 1024, breaks = {} } = options
  const folder = { disk: brokenDisk(yield* Disk, breaks), directory }
  const { incarnation, held, ends } = yield* openFolder(folder, options, breaks)
  const snapshots = SnapshotFiles.make(folder, held?.state)
  const log = yield* RecordedLog.make(folder, segmentBytes, ends, held?.state, snapshots.name)
  return LogStorage.of({
    durability: "disk",
    incarnation,
    begun: held && { log: LogId.make(held.state.log), restored: held.restored },
    ...log,
    snapshots: { write: snapshots.write, read: snapshots.read }
  })
})
