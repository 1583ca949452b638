/**
 * Keeps the log in the memory of one process: an entry is committed when it is added.
 *
 * For a cloud with one writer. What it holds ends with the process, and the next one draws another
 * log id, so nodes that followed the old log notice instead of mixing the two.
 *
 * **Gotchas**
 *
 * Memory is bounded by refusing, not by forgetting: when the retained entries reach their limit,
 * `append` fails with `Overloaded` until a snapshot is written and the log is trimmed (RL13).
 */
import * as Clock from "effect/Clock"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { invariant } from "../invariant.ts"
import { Overloaded } from "../service/Refusal.ts"
import * as KeptSnapshots from "./internal/keptSnapshots.ts"
import * as RetainedEntries from "./internal/retainedEntries.ts"
import {
  Compacted,
  entryMaxBytes,
  LogId,
  LogRegressed,
  ReplicatedLog,
  TooLarge,
  Unavailable,
  type ClusterId,
  type LogEntry,
  type LogIndex
} from "./ReplicatedLog.ts"

/**
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  readonly cluster: ClusterId
  /** The largest entry. Default 1 MiB. */
  readonly entryMaxBytes?: number | undefined
  /**
   * Entries held, 64 bytes each on top of their data. Default 64 MiB. A follower that is further
   * behind needs a snapshot.
   */
  readonly retainedMaxBytes?: number | undefined
  /** The largest snapshot; two are held. Default 1 GiB. */
  readonly snapshotMaxBytes?: number | undefined
}

/**
 * An empty log under a new id, for as long as the scope is open.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Options
): Layer.Layer<ReplicatedLog, never, SecureRandom.SecureRandom> =>
  Layer.effect(ReplicatedLog, make(options))

const mebibyte = 1024 * 1024

/** How long a caller waits before it tries a full log again: about the time of a snapshot. */
const noRoom = Effect.fail(new Overloaded({ retryAfterMs: 500, reason: "log" }))

const make = Effect.fnUntraced(function* (options: Options) {
  const random = yield* SecureRandom.SecureRandom
  const identity = LogId.make(yield* random.uuidV4())
  const retained = RetainedEntries.make(options.retainedMaxBytes ?? 64 * mebibyte)
  const snapshots = KeptSnapshots.make(identity, options.snapshotMaxBytes ?? 1024 * mebibyte)
  const maxBytes = options.entryMaxBytes ?? entryMaxBytes

  let closed = false
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      closed = true
      retained.wake()
    })
  )
  /** Runs `body` unless the log is closed. */
  const open = <A, E>(body: () => Effect.Effect<A, E>): Effect.Effect<A, E | Unavailable> =>
    Effect.suspend((): Effect.Effect<A, E | Unavailable> =>
      closed ? Effect.fail(new Unavailable({ reason: "Stopping" })) : body()
    )

  const batch = (
    from: LogIndex
  ): Effect.Effect<ReadonlyArray<LogEntry>, Compacted | LogRegressed | Unavailable> =>
    open(() => {
      const last = retained.last()
      if (from > last + 1) return Effect.fail(endsBefore(from, identity, last))
      if (from > last) return Effect.flatMap(retained.changed, () => batch(from))
      if (from >= retained.first()) return Effect.succeed(retained.from(from))
      const snapshot = snapshots.latest()
      invariant(snapshot !== undefined, "RL10: a trimmed log has a snapshot")
      return Effect.fail(new Compacted({ first: retained.first(), snapshot }))
    })

  return ReplicatedLog.of({
    info: { engine: "SingleNodeLog", cluster: options.cluster, durability: "memory" },
    identity: open(() => Effect.succeed(identity)),
    append: (data) =>
      Effect.flatMap(Clock.currentTimeMillis, (nowMs) =>
        open((): Effect.Effect<LogIndex, Overloaded | TooLarge> => {
          const bytes = data.length
          if (bytes > maxBytes) return Effect.fail(new TooLarge({ bytes, maxBytes }))
          const index = retained.add(nowMs, data)
          return index === undefined ? noRoom : Effect.succeed(index)
        })
      ),
    barrier: open(() => Effect.succeed(retained.last())),
    entries: (from) =>
      Stream.paginate(from, (index) =>
        Effect.map(batch(index), (entries) => [
          entries,
          Option.some((index + entries.length) as LogIndex)
        ])
      ),
    snapshots: {
      latest: open(() => Effect.succeed(Option.fromUndefinedOr(snapshots.latest()))),
      read: (ref, offset) => Stream.unwrap(open(() => snapshots.read(ref, offset))),
      write: (at, data) =>
        open(() => {
          invariant(at <= retained.last(), "RL10: a snapshot ends inside the log")
          return snapshots.write(at, data)
        })
    },
    trim: (through) =>
      open(() => {
        const latest = snapshots.latest()
        if (latest !== undefined) retained.drop(Math.min(through, latest.index) as LogIndex)
        return Effect.void
      }),
    full: retained.full,
    members: Stream.make({ voters: [identity], learners: [], leader: identity }),
    leads: Effect.succeed(true)
  })
})

const endsBefore = (from: LogIndex, identity: LogId, last: LogIndex) =>
  new LogRegressed({
    index: from,
    expected: `${identity} up to ${from - 1}`,
    found: `${identity} up to ${last}`
  })
