import type { Snap } from "@distri/raft/Message"
import type { SnapshotMeta } from "@distri/raft/SnapshotMeta"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as FiberHandle from "effect/FiberHandle"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import type { Halt } from "../../../Halt.ts"
import type { Corrupt, Unavailable } from "../../ReplicatedLog.ts"
import type { LogStorage } from "../../storage/LogStorage.ts"

/** A source that sent nothing for so long may stand still. */
const stillMs = 1000

/**
 * Fetches the bytes of a snapshot that a leader offers. The core hears of the offer only when they
 * are complete and durable here, so that it never stands on what may get lost.
 *
 * Where nothing comes any more, a leader of a later term takes the place of one before: that one may
 * stand still, and the new one may need this node to commit anything.
 */
export const make = Effect.fnUntraced(function* (options: {
  readonly storage: LogStorage["Service"]
  /** The snapshot that the log begins with here. */
  readonly restored: SnapshotMeta
  readonly halt: Halt["Service"]
  readonly fetch: (offer: Snap) => Stream.Stream<Uint8Array, Unavailable | Corrupt>
  /** The bytes are here: the core may have the offer now. */
  readonly onComplete: (offer: Snap) => void
}) {
  const { halt, onComplete, restored, storage } = options
  const fork = yield* FiberHandle.makeRuntime<never>()
  /** What was interrupted has to let go of its file before the next one begins. */
  const oneAtATime = yield* Semaphore.make(1)
  const clock = yield* Clock.Clock
  const nowMs = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  /** The last one whose bytes came; those before it the storage may have let go. */
  let complete = restored.reference
  let fetching: Snap | undefined
  /** When something came of it last. */
  let movedMs = 0

  const fetch = (offer: Snap) =>
    Effect.gen(function* () {
      const { bytes, digest, index, reference } = offer.snapshot
      yield* Effect.logInfo(
        `this node is far behind; it fetches a snapshot of ${bytes} bytes at ${index} from ${offer.from}`
      )
      const pieces = Stream.tap(options.fetch(offer), () => Effect.sync(() => (movedMs = nowMs())))
      yield* storage.snapshots.write(reference, pieces, { bytes, digest })
      complete = reference
      onComplete(offer)
    }).pipe(
      Effect.catchTag("StorageFailed", Effect.die),
      // The leader offers it again when nobody has fetched from it for a while.
      Effect.catch(({ message }) =>
        Effect.logWarning(`the snapshot ${offer.snapshot.reference} did not arrive: ${message}`)
      ),
      Effect.ensuring(
        Effect.sync(() => {
          if (fetching === offer) fetching = undefined
        })
      ),
      oneAtATime.withPermit,
      halt.guard
    )

  /** Whether the bytes are here. If not they are fetched, one snapshot at a time. */
  return (offer: Snap): boolean => {
    const { reference } = offer.snapshot
    if (reference === "" || reference === complete) return true
    const standsStill = fetching !== undefined && nowMs() - movedMs >= stillMs
    if (fetching === undefined || (standsStill && fetching.term < offer.term)) {
      fetching = offer
      movedMs = nowMs()
      fork(fetch(offer))
    }
    return false
  }
})
