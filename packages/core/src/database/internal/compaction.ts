import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import * as Stream from "effect/Stream"
import { start, type LogIndex } from "../../log/pure/LogIndex.ts"
import { ReplicatedLog } from "../../log/ReplicatedLog.ts"
import * as Snapshot from "../pure/Snapshot.ts"
import type { State } from "../pure/State.ts"

/**
 * Writes a snapshot, and trims the log, each time `afterBytes` of entries were applied.
 *
 * The entries since the snapshot before are kept, so that a follower that is a little behind can
 * read on. On a node that does not write the log this does nothing.
 */
export const make = Effect.fnUntraced(function* (afterBytes: number) {
  const log = yield* ReplicatedLog
  const scope = yield* Effect.scope
  const oneAtATime = yield* Semaphore.make(1)
  let appliedBytes = 0
  let previous = start

  const compact = (state: State, through: LogIndex) =>
    Effect.gen(function* () {
      appliedBytes = 0
      const { index } = yield* log.snapshots.write(state.index, pieces(state))
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
    /** `bytes` of entries led to `state`. */
    applied: (state: State, bytes: number) =>
      Effect.suspend(() => {
        appliedBytes += bytes
        return appliedBytes < afterBytes ? Effect.void : compact(state, previous)
      }),
    /** The log has no room: it may let go of everything that is in `state`. */
    full: (state: State) => compact(state, state.index)
  }
})

/** The state lies still while it is written, and others run between two pieces. */
const pieces = (state: State) =>
  Stream.fromIterable(Snapshot.encode(state), { chunkSize: 1 }).pipe(
    Stream.tap(() => Effect.yieldNow)
  )
