/**
 * A node's `ReplicatedLog` as services, so that another process can put it to the test: each member
 * of the contract is one of them. What is endless comes in pages.
 */
import { LogMember, LogRole } from "@distri/core/log/LogMember"
import {
  Ambiguous,
  Compacted,
  Corrupt,
  LogEntry,
  LogId,
  LogIndex,
  LogRegressed,
  ReplicatedLog,
  SnapshotRef,
  TooLarge,
  Unavailable,
  WrongCluster
} from "@distri/core/log/ReplicatedLog"
import { Overloaded } from "@distri/core/service/Refusal"
import * as Service from "@distri/core/service/Service"
import type * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

export class Standing extends Service.make("Standing", {
  success: Schema.Struct({ role: LogRole, leader: Schema.optionalKey(Schema.String) }),
  access: "internal"
}) {}

export class Identity extends Service.make("Identity", {
  success: LogId,
  error: Unavailable,
  access: "internal"
}) {}

export class Append extends Service.make("Append", {
  payload: Schema.Struct({ data: Schema.Uint8Array, id: Schema.String }),
  success: LogIndex,
  error: Schema.Union([Overloaded, TooLarge, Unavailable, Ambiguous]),
  access: "internal"
}) {}

export class Barrier extends Service.make("Barrier", {
  success: LogIndex,
  error: Unavailable,
  access: "internal"
}) {}

/** Some entries, in order. At the end of the log it waits a little, and then answers with none. */
export class Entries extends Service.make("Entries", {
  payload: LogIndex,
  success: Schema.Array(LogEntry),
  error: Schema.Union([Compacted, LogRegressed, WrongCluster, Unavailable]),
  access: "internal"
}) {}

export class LatestSnapshot extends Service.make("LatestSnapshot", {
  success: Schema.Option(SnapshotRef),
  error: Unavailable,
  access: "internal"
}) {}

/** Some bytes from `offset` on. */
export class SnapshotPiece extends Service.make("SnapshotPiece", {
  payload: Schema.Struct({ ref: SnapshotRef, offset: Schema.Natural }),
  success: Schema.Uint8Array,
  error: Schema.Union([Unavailable, Corrupt]),
  access: "internal"
}) {}

/** Runs until the snapshot is written. `GivePiece` feeds it, under the name of the `upload`. */
export class WriteSnapshot extends Service.make("WriteSnapshot", {
  payload: Schema.Struct({ at: LogIndex, upload: Schema.String }),
  success: SnapshotRef,
  error: Unavailable,
  access: "internal"
}) {}

/** Without `data`: there is no more. */
export class GivePiece extends Service.make("GivePiece", {
  payload: Schema.Struct({ upload: Schema.String, data: Schema.optionalKey(Schema.Uint8Array) }),
  access: "internal"
}) {}

export class Trim extends Service.make("Trim", {
  payload: LogIndex,
  error: Unavailable,
  access: "internal"
}) {}

/** How long one page waits for new entries. */
const pageWait = "1 second"

export class LogAccess extends RpcGroup.make(
  Standing,
  Identity,
  Append,
  Barrier,
  Entries,
  LatestSnapshot,
  SnapshotPiece,
  WriteSnapshot,
  GivePiece,
  Trim
) {
  static readonly layer = LogAccess.toLayer(
    Effect.gen(function* () {
      const log = yield* ReplicatedLog
      const { status } = yield* LogMember
      const uploads = new Map<string, Queue.Queue<Uint8Array, Cause.Done>>()

      /** Whoever comes first makes it: the two kinds of requests do not wait for each other. */
      const piecesOf = Effect.fnUntraced(function* (upload: string) {
        const pieces = uploads.get(upload) ?? (yield* Queue.unbounded<Uint8Array, Cause.Done>())
        uploads.set(upload, pieces)
        return pieces
      })

      return LogAccess.of({
        Standing: () =>
          Effect.map(status, ({ leader, role }) =>
            leader === undefined ? { role } : { role, leader }
          ),
        Identity: () => log.identity,
        Append: ({ data, id }) => log.append(data, { id }),
        Barrier: () => log.barrier,
        Entries: (from) =>
          Stream.runHead(Stream.chunks(log.entries(from))).pipe(
            Effect.timeoutOption(pageWait),
            Effect.map((head) => Option.getOrElse(Option.flatten(head), () => []))
          ),
        LatestSnapshot: () => log.snapshots.latest,
        SnapshotPiece: ({ offset, ref }) =>
          Stream.runHead(log.snapshots.read(ref, offset)).pipe(
            Effect.map(Option.getOrElse(() => new Uint8Array()))
          ),
        WriteSnapshot: Effect.fnUntraced(function* ({ at, upload }) {
          const pieces = yield* piecesOf(upload)
          return yield* log.snapshots.write(at, Stream.fromQueue(pieces))
        }),
        GivePiece: Effect.fnUntraced(function* ({ data, upload }) {
          const pieces = yield* piecesOf(upload)
          yield* data === undefined ? Queue.end(pieces) : Queue.offer(pieces, data)
        }),
        Trim: (through) => log.trim(through)
      })
    })
  )
}
