import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Halt } from "../../Halt.ts"
import { persistently } from "../../log/persistently.ts"
import { next } from "../../log/pure/LogIndex.ts"
import {
  Corrupt,
  entryBytes,
  ReplicatedLog,
  type LogEntry,
  type Unavailable
} from "../../log/ReplicatedLog.ts"
import * as Command from "../pure/Command.ts"
import * as Documents from "../pure/Documents.ts"
import * as Snapshot from "../pure/Snapshot.ts"
import type { State } from "../pure/State.ts"
import * as Copy from "./copy.ts"

/**
 * Applies the log to this node's copy, in one fiber.
 *
 * The fiber ends when it cannot go on without becoming different from other nodes. The copy stays
 * readable as it was, writes are refused, and the log of the node says what to do.
 */
export const make = Effect.fnUntraced(function* (
  onApplied: (state: State, bytes: number) => Effect.Effect<unknown>
) {
  const log = yield* ReplicatedLog
  const halt = yield* Halt
  const copy = yield* Copy.make

  const applyAll = Effect.fnUntraced(function* (entries: ReadonlyArray<LogEntry>) {
    let state = yield* copy.state
    let bytes = 0
    for (const entry of entries) {
      const decoded = entry.kind === "command" ? Command.decode(entry.data) : undefined
      if (decoded?._tag === "Unsupported") {
        yield* copy.publish(state)
        return yield* stop("Unsupported", `entry ${entry.index} is unknown: ${decoded.issue}`)
      }
      const { index, time } = entry
      state = Documents.apply(state, { index, time, command: decoded?.command }).state
      bytes += entryBytes(entry.data)
    }
    yield* copy.publish(state)
    yield* onApplied(state, bytes)
    // A log that is far ahead must not keep readers waiting.
    yield* Effect.yieldNow
  })

  /** Takes over the latest snapshot, if it is ahead of what is applied here. */
  const restore = Effect.gen(function* () {
    const latest = yield* log.snapshots.latest
    const { index } = yield* copy.state
    if (Option.isNone(latest) || latest.value.index <= index) return
    const bytes = yield* Stream.mkUint8Array(log.snapshots.read(latest.value))
    const decoded = Snapshot.decode(bytes)
    if (decoded._tag === "State") return yield* copy.publish(decoded.state)
    const damage = new Corrupt({ what: "a snapshot", where: decoded.issue })
    yield* Effect.logError(`${damage.message}; it is asked for again`)
    return yield* damage
  }).pipe(persistently(isPassing))

  const stop = (reason: Unavailable["reason"], cause: string) =>
    Effect.andThen(
      reason === "Stopping" ? Effect.void : Effect.logError(advice(reason, cause)),
      copy.stop(reason)
    )

  yield* Effect.gen(function* () {
    yield* restore
    const { index } = yield* copy.state
    yield* Stream.runForEachArray(log.entries(next(index)), applyAll)
  }).pipe(
    // A newer snapshot reaches beyond what was trimmed: begin again with it.
    Effect.catchTag("Compacted", () => Effect.void),
    Effect.forever,
    Effect.catchTags({
      LogRegressed: ({ _tag, message }) => stop(_tag, message),
      WrongCluster: ({ _tag, theirs }) => stop(_tag, `the log belongs to the cloud "${theirs}"`),
      Unavailable: ({ reason }) => copy.stop(reason)
    }),
    halt.guard,
    Effect.ignore,
    Effect.forkScoped
  )
  return copy
})

const isPassing = (error: Corrupt | Unavailable): error is Corrupt | Unavailable =>
  error._tag === "Corrupt" || !final.includes(error.reason)

const final: ReadonlyArray<Unavailable["reason"]> = ["Stopping", "LogRegressed", "WrongCluster"]

const advice = (reason: Unavailable["reason"], cause: string) =>
  `the database takes no writes and serves reads as of its last version: ${cause}. ${
    reason === "Unsupported"
      ? "Run the newer release on this node, and start it again."
      : "Start this node again to follow the log as it is now; what only this node holds is then gone."
  }`
