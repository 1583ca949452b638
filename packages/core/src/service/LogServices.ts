/**
 * The log of a node, for the other nodes: internal services over `LogMember`.
 *
 * Every request names the cloud, and the log that the caller follows once it knows one; every
 * answer names the log it came from. So nobody takes the log of another cloud, or of an earlier life
 * of this one, for the one it follows.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { next, start } from "@distri/store/value/LogIndex"
import { LogMember } from "../log/LogMember.ts"
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
  SnapshotRef,
  TooLarge,
  Unavailable,
  WrongCluster
} from "../log/ReplicatedLog.ts"
import { Overloaded } from "./Refusal.ts"
import * as Service from "./Service.ts"

const origin = { cluster: ClusterId, log: Schema.optionalKey(LogId) }
const otherLog = [Unavailable, LogRegressed, WrongCluster] as const

/** Names a member: `node/incarnation`. */
const MemberId = Schema.String.check(Schema.isBetweenLength(3, 256))

/**
 * Who asks: a node, under the name of its present log memory.
 *
 * @category models
 */
export const JoinQuestion = Schema.Struct({
  cluster: ClusterId,
  id: MemberId,
  durability: Schema.Literals(["memory", "disk"]),
  /** It has given up its vote, and only wants to hear where the log is. False: it could not, and stays. */
  leaves: Schema.optionalKey(Schema.Boolean),
  /** It has something of this log, and follows no other. */
  log: Schema.optionalKey(LogId)
})
/** @category models */
export type JoinQuestion = typeof JoinQuestion.Type

/**
 * Who answers, and what it knows. Without `log` it is part of none yet. `holds`: whether it has
 * anything of that log; undefined is yes. `members`: those that have
 * the log, as far as it knows. `wanted`: the leader, who alone can say, has or wants the asking node
 * as a member.
 *
 * @category models
 */
export const JoinAnswer = Schema.Struct({
  id: MemberId,
  durability: Schema.Literals(["memory", "disk"]),
  log: Schema.optionalKey(LogId),
  holds: Schema.optionalKey(Schema.Boolean),
  leader: Schema.optionalKey(Schema.String),
  members: Schema.Array(MemberId),
  wanted: Schema.optionalKey(Schema.Boolean)
})
/** @category models */
export type JoinAnswer = typeof JoinAnswer.Type

/**
 * Says that a node is there, and asks about the log. A node that is no member asks again and again:
 * so the leader knows whom it could ask to vote.
 *
 * @category protocols
 * @since 0.1.0
 */
export class JoinLog extends Service.make("JoinLog", {
  payload: JoinQuestion,
  success: JoinAnswer,
  error: WrongCluster,
  access: "internal",
  repeat: "read"
}) {}

/**
 * Asks the leader to take a node out of the members. Answered once it is none, or at once by a node
 * that does not lead.
 *
 * @category protocols
 * @since 0.1.0
 */
export class LeaveLog extends Service.make("LeaveLog", {
  payload: Schema.Struct({ ...origin, node: Schema.String }),
  error: Schema.Union(otherLog),
  access: "internal",
  repeat: "read"
}) {}

/**
 * Appends at the leader, and nowhere else. Never repeated by the way there, so that the log holds at most as many
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
    offset: Schema.Natural,
    /** The member that needs it to go on. */
    member: Schema.optionalKey(MemberId)
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
export class LogServices extends RpcGroup.make(
  AppendEntry,
  LogBarrier,
  ReadEntries,
  ReadSnapshot,
  JoinLog,
  LeaveLog
) {
  /** Serves this node's part of the log. */
  static readonly layer = LogServices.toLayer(
    Effect.gen(function* () {
      const member = yield* LogMember
      const { local } = member
      const ours = local.info.cluster

      const sameCluster = ({ cluster }: { readonly cluster: ClusterId }) =>
        cluster === ours
          ? Effect.void
          : Effect.fail(new WrongCluster({ ours: cluster, theirs: ours }))

      /** The id of this log, if the caller asks for this cloud and this log. */
      const check = Effect.fnUntraced(function* (asked: {
        readonly cluster: ClusterId
        readonly log?: LogId
      }) {
        yield* sameCluster(asked)
        const found = yield* local.identity
        if (asked.log === undefined || asked.log === found) return found
        return yield* new LogRegressed({ index: start, expected: asked.log, found })
      })

      return LogServices.of({
        AppendEntry: Effect.fnUntraced(function* ({ data, deadlineMs, id, ...asked }) {
          const found = yield* check(asked)
          return { log: found, index: yield* local.append(data, { id, deadline: deadlineMs }) }
        }),
        LogBarrier: Effect.fnUntraced(function* (asked) {
          return { log: yield* check(asked), index: yield* local.barrier }
        }),
        ReadEntries: Effect.fnUntraced(function* ({ from, waitMs, ...asked }) {
          const found = yield* check(asked)
          const head = yield* Stream.runHead(
            Stream.chunks(local.entries(from > start ? from : next(start)))
          ).pipe(Effect.timeoutOption(Duration.millis(Math.min(waitMs, waitMaxMs))))
          const entries = Option.getOrElse(Option.flatten(head), () => [])
          // While it waited this node may have given that log up for another one.
          yield* check({ ...asked, log: found })
          return { log: found, entries: upTo(entries, batchMaxBytes) }
        }),
        ReadSnapshot: Effect.fnUntraced(function* ({
          member: fetching,
          offset,
          snapshot,
          ...asked
        }) {
          const found = yield* check(asked)
          if (fetching !== undefined) member.fetched(fetching)
          if (snapshot !== undefined)
            return { log: found, data: yield* piece(local.snapshots.read(snapshot, offset)) }
          const none = { log: found, data: new Uint8Array() }
          return Option.match(yield* local.snapshots.latest, {
            onNone: () => none,
            onSome: (latest) => ({ ...none, latest })
          })
        }),
        JoinLog: (question) => Effect.andThen(sameCluster(question), member.join(question)),
        LeaveLog: Effect.fnUntraced(function* ({ node, ...asked }) {
          yield* check(asked)
          yield* member.remove(node)
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

/** The first bytes of `data`, at most one piece. */
const piece = <E>(data: Stream.Stream<Uint8Array, E>) =>
  data.pipe(
    Stream.filter((bytes) => bytes.length > 0),
    Stream.runHead,
    Effect.map(
      Option.match({
        onNone: () => new Uint8Array(),
        onSome: (bytes) => bytes.subarray(0, pieceMaxBytes)
      })
    )
  )
