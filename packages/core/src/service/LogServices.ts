/**
 * The writer's log, for the other nodes: four internal services over `ReplicatedLog`.
 *
 * Every request names the cloud, and the log that the caller follows once it knows one; every
 * answer names the log it came from. So a follower notices when the writer began anew, and no
 * entry goes into a log that the follower does not read.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { next, start } from "@distri/store/value/LogIndex"
import {
  Ambiguous,
  ClusterId,
  Compacted,
  Corrupt,
  entryBytes,
  LogEntry,
  LogId,
  LogIndex,
  LogRegressed,
  ReplicatedLog,
  SnapshotRef,
  TooLarge,
  Unavailable,
  WrongCluster
} from "../log/ReplicatedLog.ts"
import { Overloaded } from "./Refusal.ts"
import * as Service from "./Service.ts"

const origin = { cluster: ClusterId, log: Schema.optionalKey(LogId) }
const otherLog = [Unavailable, LogRegressed, WrongCluster] as const

/**
 * Appends at the writer. Never repeated by the way there, so that the log holds at most as many
 * copies as the caller made attempts (RL3).
 *
 * @category protocols
 * @since 0.1.0
 */
export class AppendEntry extends Service.make("AppendEntry", {
  payload: Schema.Struct({
    ...origin,
    id: Schema.String,
    data: Schema.Uint8Array,
    deadlineMs: Schema.Number
  }),
  success: Schema.Struct({ log: LogId, index: LogIndex }),
  error: Schema.Union([Overloaded, TooLarge, Ambiguous, ...otherLog]),
  access: "internal",
  repeat: "once"
}) {}

/**
 * @category protocols
 * @since 0.1.0
 */
export class LogBarrier extends Service.make("LogBarrier", {
  payload: Schema.Struct(origin),
  success: Schema.Struct({ log: LogId, index: LogIndex }),
  error: Schema.Union(otherLog),
  access: "internal",
  repeat: "read"
}) {}

/**
 * The entries from `from` on: at most 512 KiB, or one larger entry. At the end of the log it waits
 * up to `waitMs`, at most 20 s, and then answers with none.
 *
 * @category protocols
 * @since 0.1.0
 */
export class ReadEntries extends Service.make("ReadEntries", {
  payload: Schema.Struct({ ...origin, from: LogIndex, waitMs: Schema.Number }),
  success: Schema.Struct({ log: LogId, entries: Schema.Array(LogEntry) }),
  error: Schema.Union([Compacted, ...otherLog]),
  access: "internal",
  repeat: "read"
}) {}

/**
 * Without `snapshot`: which one is the latest. With it: its bytes from `offset` on, at most
 * 256 KiB.
 *
 * @category protocols
 * @since 0.1.0
 */
export class ReadSnapshot extends Service.make("ReadSnapshot", {
  payload: Schema.Struct({
    ...origin,
    snapshot: Schema.optionalKey(SnapshotRef),
    offset: Schema.Natural
  }),
  success: Schema.Struct({
    log: LogId,
    latest: Schema.optionalKey(SnapshotRef),
    data: Schema.Uint8Array
  }),
  error: Schema.Union([Corrupt, ...otherLog]),
  access: "internal",
  repeat: "read"
}) {}

/**
 * @category protocols
 * @since 0.1.0
 */
export class LogServices extends RpcGroup.make(AppendEntry, LogBarrier, ReadEntries, ReadSnapshot) {
  /** Serves this node's log. */
  static readonly layer = LogServices.toLayer(
    Effect.gen(function* () {
      const log = yield* ReplicatedLog

      /** The id of this log, if the caller asks for this cloud and this log. */
      const check = Effect.fnUntraced(function* (asked: {
        readonly cluster: ClusterId
        readonly log?: LogId
      }) {
        const ours = log.info.cluster
        if (asked.cluster !== ours)
          return yield* new WrongCluster({ ours: asked.cluster, theirs: ours })
        const found = yield* log.identity
        if (asked.log === undefined || asked.log === found) return found
        return yield* new LogRegressed({ index: start, expected: asked.log, found })
      })

      return LogServices.of({
        AppendEntry: Effect.fnUntraced(function* ({ data, deadlineMs, id, ...asked }) {
          const found = yield* check(asked)
          return { log: found, index: yield* log.append(data, { id, deadline: deadlineMs }) }
        }),
        LogBarrier: Effect.fnUntraced(function* (asked) {
          return { log: yield* check(asked), index: yield* log.barrier }
        }),
        ReadEntries: Effect.fnUntraced(function* ({ from, waitMs, ...asked }) {
          const found = yield* check(asked)
          const head = yield* Stream.runHead(
            Stream.chunks(log.entries(from > start ? from : next(start)))
          ).pipe(Effect.timeoutOption(Duration.millis(Math.min(waitMs, waitMaxMs))))
          const entries = Option.getOrElse(Option.flatten(head), () => [])
          return { log: found, entries: upTo(entries, batchMaxBytes) }
        }),
        ReadSnapshot: Effect.fnUntraced(function* ({ offset, snapshot, ...asked }) {
          const found = yield* check(asked)
          if (snapshot === undefined) {
            const latest = yield* log.snapshots.latest
            const none = { log: found, data: new Uint8Array() }
            return Option.match(latest, {
              onNone: () => none,
              onSome: (ref) => ({ ...none, latest: ref })
            })
          }
          return { log: found, data: yield* slice(log.snapshots.read(snapshot), offset) }
        })
      })
    })
  )
}

const waitMaxMs = 20_000
const batchMaxBytes = 512 * 1024
const pieceMaxBytes = 256 * 1024

/** The first of `entries` that fit into `maxBytes`, and at least one. */
const upTo = (entries: ReadonlyArray<LogEntry>, maxBytes: number) => {
  let bytes = 0
  const over = entries.findIndex((entry, at) => {
    bytes += entryBytes(entry.data)
    return at > 0 && bytes > maxBytes
  })
  return over === -1 ? entries : entries.slice(0, over)
}

/** At most one piece of `data` from `offset` on. */
const slice = <E>(data: Stream.Stream<Uint8Array, E>, offset: number) => {
  let position = 0
  return data.pipe(
    Stream.map((bytes) => {
      const from = Math.max(0, offset - position)
      position += bytes.length
      return bytes.subarray(from, from + pieceMaxBytes)
    }),
    Stream.filter((bytes) => bytes.length > 0),
    Stream.runHead,
    Effect.map(Option.getOrElse(() => new Uint8Array()))
  )
}
