/**
 * Keeps nothing beyond the process: each start draws another incarnation, and begins empty. What the log
 * core has in memory is all there is, so a write has nothing to do.
 *
 * An acknowledged entry survives as long as fewer than half of the voters are lost at once.
 */
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { LogStorage } from "./LogStorage.ts"
import * as MemorySnapshots from "./internal/memorySnapshots.ts"
import { hex } from "./pure/SnapshotLayout.ts"

/**
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /** The largest snapshot; two are held, and for a while those on their way. Default 1 GiB. */
  readonly snapshotMaxBytes?: number | undefined
}

/**
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Options = {}
): Layer.Layer<LogStorage, never, SecureRandom.SecureRandom> =>
  Layer.effect(LogStorage, make(options))

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (options: Options = {}) {
  const random = yield* SecureRandom.SecureRandom
  const snapshots = MemorySnapshots.make(options.snapshotMaxBytes ?? 1024 * 1024 * 1024)
  return LogStorage.of({
    durability: "memory",
    incarnation: hex(yield* random.randomBytes(8)),
    begun: undefined,
    begin: (_log, { snapshot }) => Effect.sync(() => snapshots.name(snapshot.reference)),
    write: (batches) =>
      Effect.sync(() => {
        for (const { snapshot } of batches) {
          if (snapshot !== undefined) snapshots.name(snapshot.reference)
        }
      }),
    compact: ({ reference }) => Effect.sync(() => snapshots.name(reference)),
    isFull: () => false,
    snapshots: { write: snapshots.write, read: snapshots.read }
  })
})
