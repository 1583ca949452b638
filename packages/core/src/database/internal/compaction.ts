import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { start, type LogIndex } from "@distri/store/value/LogIndex"
import { ReplicatedLog } from "../../log/ReplicatedLog.ts"
import * as Snapshot from "@distri/store/snapshot/Snapshot"
import type { State } from "@distri/store/state/State"

const pageBytes = 4096
/** Two segments. */
const diskMaxBytes = 128 * 1024 * 1024

/**
 * Writes a snapshot, and trims the log, each time `afterBytes` of entries were applied, or a disk
 * has so many pages of them: a write that comes alone takes a page, however small it is.
 *
 * The entries since the snapshot before are kept, so that a follower that is a little behind can
 * read on; only a log that has no room lets go of all that a snapshot has. On a node that does not
 * write the log this does nothing.
 */
export const make = Effect.fnUntraced(function* (afterBytes: number) {
  const log = yield* ReplicatedLog
  const scope = yield* Effect.scope
  const oneAtATime = yield* Semaphore.make(1)
  const afterDiskBytes = log.info.durability === "disk" ? diskMaxBytes : Infinity
  let appliedBytes = 0
  let diskBytes = 0
  /** The snapshot before the next one: an earlier life of this node may have written it. */
  let previous = start

  const compact = (state: State, through: LogIndex) =>
    Effect.gen(function* () {
      appliedBytes = 0
      diskBytes = 0
      const header = { cluster: log.info.cluster, term: 0, members: [] }
      const { index } = yield* log.snapshots.write(state.index, pieces(state, header))
      yield* log.trim(through)
      previous = index
    }).pipe(
      Effect.catchTag("Unavailable", ({ message, reason }) =>
        reason === "NotWriter" || reason === "Stopping"
          ? Effect.void
          : Effect.logWarning(`no snapshot was written: ${message}`)
      ),
      oneAtATime.withPermitsIfAvailable(1),
      Effect.forkIn(scope)
    )

  return {
    /** The copy begins anew with the snapshot at `index`. */
    restored: (index: LogIndex): void => {
      appliedBytes = 0
      diskBytes = 0
      previous = index
    },
    /** `bytes` of entries, which came together, led to `state`. */
    applied: (state: State, bytes: number) =>
      Effect.suspend(() => {
        appliedBytes += bytes
        diskBytes += Math.max(bytes, pageBytes)
        const isDue = appliedBytes >= afterBytes || diskBytes >= afterDiskBytes
        return isDue ? compact(state, previous) : Effect.void
      }),
    /**
     * Makes room each time the log has none, whoever filled it: then nothing more is applied, so
     * nothing else would. It may let go of everything that is in `state`.
     */
    whenFull: (state: Effect.Effect<State>): Effect.Effect<never> =>
      log.full.pipe(
        Effect.andThen(state),
        Effect.flatMap((current) => compact(current, current.index)),
        Effect.forever
      )
  }
})

/** The state lies still while it is written, and others run between two pieces. */
export const pieces = (state: State, header: Snapshot.Header): Stream.Stream<Uint8Array> =>
  Stream.fromIterable(Snapshot.encode(state, header), { chunkSize: 1 }).pipe(
    Stream.tap(() => Effect.yieldNow)
  )
