import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import { Halt } from "../../Halt.ts"
import { persistently } from "../../log/internal/persistently.ts"
import { next } from "../../log/pure/LogIndex.ts"
import {
  Corrupt,
  entryBytes,
  ReplicatedLog,
  Unavailable,
  type LogEntry
} from "../../log/ReplicatedLog.ts"
import * as Command from "../pure/Command.ts"
import * as Documents from "../pure/Documents.ts"
import * as Snapshot from "../pure/Snapshot.ts"
import * as State from "../pure/State.ts"

/** Somebody who waits until `index` is applied. */
interface Waiter {
  readonly index: number
  readonly reached: Deferred.Deferred<void, Unavailable>
}

/**
 * Holds this node's copy of the database: one fiber applies the log to a `Ref`, and everyone else
 * reads the `Ref`.
 *
 * The fiber ends when it cannot go on without becoming different from other nodes. The copy then
 * stays readable as it was, and whoever waits for more is told why.
 */
export const make = Effect.fnUntraced(function* (
  onApplied: (state: State.State, bytes: number) => Effect.Effect<unknown>
) {
  const log = yield* ReplicatedLog
  const halt = yield* Halt
  const root = yield* Ref.make(State.empty)
  const waiters = new Set<Waiter>()
  let stopped: Unavailable | undefined

  const publish = (state: State.State) =>
    Effect.andThen(
      Ref.set(root, state),
      Effect.sync(() => {
        for (const waiter of waiters)
          if (waiter.index <= state.index) Deferred.doneUnsafe(waiter.reached, Effect.void)
      })
    )

  const applyAll = Effect.fnUntraced(function* (entries: ReadonlyArray<LogEntry>) {
    let state = yield* Ref.get(root)
    let bytes = 0
    for (const entry of entries) {
      const decoded = entry.kind === "command" ? Command.decode(entry.data) : undefined
      if (decoded?._tag === "Unsupported") {
        yield* publish(state)
        return yield* stop("Unsupported", `entry ${entry.index}: ${decoded.issue}`)
      }
      const { index, time } = entry
      state = Documents.apply(state, { index, time, command: decoded?.command }).state
      bytes += entryBytes(entry.data)
    }
    yield* publish(state)
    yield* onApplied(state, bytes)
    // A log that is far ahead must not keep readers waiting.
    yield* Effect.yieldNow
  })

  /** Takes over the latest snapshot, if it is ahead of what is applied here. */
  const restore = Effect.gen(function* () {
    const latest = yield* log.snapshots.latest
    const { index } = yield* Ref.get(root)
    if (Option.isNone(latest) || latest.value.index <= index) return
    const bytes = yield* Stream.mkUint8Array(log.snapshots.read(latest.value))
    const decoded = Snapshot.decode(bytes)
    if (decoded._tag === "Damaged") {
      const damage = new Corrupt({ what: "snapshot", where: decoded.issue })
      yield* Effect.logError(`${damage.message}; it is asked for again`)
      return yield* damage
    }
    yield* publish(decoded.state)
  }).pipe(persistently(isPassing))

  const stop = (reason: Unavailable["reason"], cause: string) =>
    Effect.suspend(() => {
      const why = (stopped = new Unavailable({ reason }))
      for (const waiter of waiters) Deferred.doneUnsafe(waiter.reached, Effect.fail(why))
      const tell = reason === "Stopping" ? Effect.void : Effect.logError(advice(reason, cause))
      return Effect.andThen(tell, Effect.fail(why))
    })
  yield* Effect.addFinalizer(() => Effect.ignore(stop("Stopping", "the node stops")))

  const follow = Effect.gen(function* () {
    yield* restore
    const { index } = yield* Ref.get(root)
    yield* Stream.runForEachArray(log.entries(next(index)), applyAll)
  })
  yield* follow.pipe(
    // The newer snapshot that `restore` takes over reaches beyond what was trimmed.
    Effect.catchTag("Compacted", () => Effect.void),
    Effect.forever,
    Effect.catchTags({
      LogRegressed: (error) => stop(error._tag, error.message),
      WrongCluster: (error) => stop(error._tag, `it belongs to ${error.theirs}`),
      Unavailable: (error) => (stopped === undefined ? stop(error.reason, error.message) : error)
    }),
    halt.guard,
    Effect.ignore,
    Effect.forkScoped
  )

  return {
    state: Ref.get(root),
    /** Fails for good once this node has stopped applying the log. */
    running: Effect.suspend(() => (stopped === undefined ? Effect.void : Effect.fail(stopped))),
    /** The state, once everything up to `index` is applied. */
    applied: Effect.fnUntraced(function* (index: number) {
      const state = yield* Ref.get(root)
      if (state.index >= index) return state
      if (stopped !== undefined) return yield* stopped
      const waiter: Waiter = { index, reached: Deferred.makeUnsafe() }
      waiters.add(waiter)
      yield* Effect.ensuring(
        Deferred.await(waiter.reached),
        Effect.sync(() => waiters.delete(waiter))
      )
      return yield* Ref.get(root)
    })
  }
})

const isPassing = (error: Corrupt | Unavailable): error is Corrupt | Unavailable =>
  error._tag === "Corrupt" || !final.includes(error.reason)

const final: ReadonlyArray<Unavailable["reason"]> = ["Stopping", "LogRegressed", "WrongCluster"]

const advice = (reason: Unavailable["reason"], cause: string) =>
  `the database takes no writes and serves reads as of its last version: ${cause}. ` +
  (reason === "Unsupported"
    ? "Run the newer release on this node, and start it again."
    : "The writer began anew. Start this node again to follow it; what only this node still holds is then gone.")
