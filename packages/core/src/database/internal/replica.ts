import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { applyBatch, type Entry } from "@distri/store/apply/apply"
import * as CommandCodec from "@distri/store/command/CommandCodec"
import * as Snapshot from "@distri/store/snapshot/Snapshot"
import type { State } from "@distri/store/state/State"
import { next } from "@distri/store/value/LogIndex"
import type { Change, Dropped } from "@distri/store/watch/Change"
import type { LogIndex } from "@distri/store/value/LogIndex"
import { Halt } from "../../Halt.ts"
import { persistently } from "../../log/persistently.ts"
import { CurrentBreaks } from "../../log/raft/Breaks.ts"
import {
  Corrupt,
  entryBytes,
  ReplicatedLog,
  type LogEntry,
  type Unavailable
} from "../../log/ReplicatedLog.ts"
import * as Copy from "./copy.ts"
import * as RecentResults from "./recentResults.ts"

/** Hears of changes before the state that has them is published. */
export interface ChangeListener {
  readonly push: (index: LogIndex, changes: ReadonlyArray<Change | Dropped>) => void
  /** The copy begins anew with the state after `index`. */
  readonly reset: (index: LogIndex) => void
}

/**
 * Applies the log to this node's copy, in one fiber.
 *
 * The fiber ends when it cannot go on without becoming different from other nodes. The copy stays
 * readable as it was, writes are refused, and the log of the node says what to do.
 */
export const make = Effect.fnUntraced(function* (
  listener: ChangeListener,
  onApplied: (state: State, bytes: number) => Effect.Effect<unknown>
) {
  const log = yield* ReplicatedLog
  const halt = yield* Halt
  const copy = yield* Copy.make
  const results = RecentResults.make()
  const { skipSessions } = yield* CurrentBreaks

  const applyAll = Effect.fnUntraced(function* (entries: ReadonlyArray<LogEntry>) {
    const { issue, known } = decodeAll(entries, skipSessions === true)
    const { applied, state } = applyBatch(yield* copy.state, known)
    for (const [at, { changes, defect, result }] of applied.entries()) {
      const { index } = known[at]!
      if (defect !== undefined)
        yield* Effect.logError(`entry ${index} has hit a defect of this release`, defect)
      if (result !== undefined) results.put(index, result)
      if (changes.length > 0) listener.push(index, changes)
    }
    yield* copy.publish(state)
    if (issue !== undefined) return yield* stop("Unsupported", issue)
    yield* onApplied(
      state,
      entries.reduce((bytes, { data }) => bytes + entryBytes(data), 0)
    )
    // A log that is far ahead must not keep readers waiting.
    yield* Effect.yieldNow
  })

  /** Takes over the latest snapshot, if it is ahead of what is applied here. */
  const restore = Effect.gen(function* () {
    const latest = yield* log.snapshots.latest
    const { index } = yield* copy.state
    if (Option.isNone(latest) || latest.value.index <= index) return
    const decoder = Snapshot.makeDecoder()
    yield* Stream.runForEach(log.snapshots.read(latest.value), (chunk) => {
      const refused = decoder.push(chunk)
      return refused === undefined ? Effect.yieldNow : Effect.fail(damaged(refused))
    })
    const decoded = decoder.finish()
    if (decoded._tag !== "State") return yield* damaged(decoded)
    listener.reset(decoded.state.index)
    return yield* copy.publish(decoded.state)
  }).pipe(
    Effect.tapErrorTag("Corrupt", ({ message }) =>
      Effect.logError(`${message}; it is asked for again`)
    ),
    persistently(isPassing)
  )

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
  return { ...copy, resultAt: results.at }
})

const nobody = { _tag: "System" } as const

/** The entries up to the first that this release does not know, and what is the matter with that. */
const decodeAll = (entries: ReadonlyArray<LogEntry>, skipsSessions: boolean) => {
  const known: Array<Entry> = []
  for (const { data, index, kind, time } of entries) {
    if (kind === "internal") known.push({ index, time })
    else {
      const decoded = CommandCodec.decode(data)
      if (decoded._tag === "Unsupported")
        return { known, issue: `entry ${index} is unknown: ${decoded.issue}` }
      const { command } = decoded
      known.push({ index, time, command: skipsSessions ? { ...command, sender: nobody } : command })
    }
  }
  return { known, issue: undefined }
}

const damaged = ({ issue, where }: Snapshot.SnapshotRefused) =>
  new Corrupt({ what: "a snapshot", where: `${where}: ${issue}` })

const isPassing = (error: Corrupt | Unavailable): error is Corrupt | Unavailable =>
  error._tag === "Corrupt" || !final.includes(error.reason)

const final: ReadonlyArray<Unavailable["reason"]> = ["Stopping", "LogRegressed", "WrongCluster"]

const advice = (reason: Unavailable["reason"], cause: string) =>
  `the database takes no writes and serves reads as of its last version: ${cause}. ${
    reason === "Unsupported"
      ? "Run the newer release on this node, and start it again."
      : "Start this node again to follow the log as it is now, with another folder if it has one (data); what only this node holds stays in the old one, and is gone in memory."
  }`
