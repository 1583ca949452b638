/**
 * The log of a cloud of nodes: an entry is committed when a majority of the voters has it.
 *
 * ```
 *    append, barrier, entries                      messages of other nodes
 *          │                                                │
 *          ▼                                                ▼
 *     ┌── core: one fiber that owns the Raft state, a turn at a time ──┐
 *     ▼                    ▼                        ▼                   ▼
 *   disk: one write    senders: one fiber      readers wait at      who waits for
 *   and sync at a time a node, bounded         the end              an answer
 * ```
 *
 * Every node has this log. Those that vote, and those that are about to, get entries sent; all others
 * copy them from a member, and count for nothing. What this node cannot do by itself it asks the
 * leader to do.
 *
 * **Gotchas**
 *
 * - An append is sent to the leader once. When nobody knows what became of it, it is `Ambiguous`.
 * - A rule of Raft that is broken, or a disk that fails, ends the node by `Halt`.
 */
import type { RaftConfig } from "@distri/raft/RaftConfig"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import type * as SecureRandom from "effect/crypto/SecureRandom"
import { Halt } from "../Halt.ts"
import { LogMember } from "./LogMember.ts"
import * as Joining from "./raft/internal/joining.ts"
import * as LocalLog from "./raft/internal/localLog.ts"
import * as Member from "./raft/internal/member.ts"
import * as Remote from "./raft/internal/remote.ts"
import * as Starting from "./raft/internal/starting.ts"
import { Steward } from "./raft/internal/steward.ts"
import * as WholeLog from "./raft/internal/wholeLog.ts"
import * as Membership from "./raft/pure/Membership.ts"
import { RaftPeers } from "./RaftPeers.ts"
import { type ClusterId, ReplicatedLog } from "./ReplicatedLog.ts"
import { LogStorage } from "./storage/LogStorage.ts"

/**
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /** The name of the cloud. */
  readonly cluster: ClusterId
  /** The name of this node: its address. */
  readonly node: string
  /**
   * Committed entries that are held in memory, 64 bytes each on top of their data. Default 64 MiB.
   * A node that is further behind needs a snapshot; a full one refuses appends.
   */
  readonly retainedMaxBytes?: number | undefined
  /**
   * The unit of time: a heartbeat each, and an election after 10 to 20 without one. Default 100 ms,
   * not below 50. Less means quicker failover, and elections whenever a process only pauses.
   */
  readonly tick?: Duration.Input | undefined
  /** Who should vote; each field says its default. */
  readonly membership?: Partial<Membership.Limits> | undefined
  /** @internal What a test sets about the core. */
  readonly raft?: Partial<RaftConfig> | undefined
}

/**
 * Takes part in the log of the cloud for as long as the scope is open.
 *
 * @category layers
 * @since 0.1.0
 */
export const layer = (
  options: Options
): Layer.Layer<
  ReplicatedLog | LogMember,
  never,
  LogStorage | RaftPeers | Halt | SecureRandom.SecureRandom
> => Layer.effectContext(make(options))

const mebibyte = 1024 * 1024

const make = Effect.fnUntraced(function* (options: Options) {
  const { cluster, node } = options
  const storage = yield* LogStorage
  const peers = yield* RaftPeers
  const { guard } = yield* Halt
  const clock = yield* Clock.Clock
  const random = yield* Random.Random
  const nowMs = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  const limits = { ...Membership.defaultLimits, ...options.membership }
  const id = `${node}/${storage.incarnation}`
  const own: Starting.Own = {
    core: undefined,
    isClosed: false,
    isLeaving: false,
    begun: yield* Deferred.make<void>()
  }
  const remote = Remote.make(peers, cluster)
  const { durability } = storage
  const shared = {
    cluster,
    durability,
    core: () => own.core,
    id,
    begun: Effect.suspend(() => Deferred.await(own.begun)),
    isClosed: () => own.isClosed,
    nowMs,
    peers
  }

  const { giveUp, start } = yield* Starting.make({
    id,
    own,
    remote,
    nowMs,
    retainedMaxBytes: options.retainedMaxBytes ?? 64 * mebibyte,
    tickMs: Duration.toMillis(options.tick ?? "100 millis"),
    raft: options.raft ?? {}
  })
  const { hearsay, isAlone, run } = yield* Joining.make({
    ...shared,
    votersMax: limits.votersMax,
    isLeaving: () => own.isLeaving,
    begin: (log, restored) =>
      Effect.andThen(Effect.orDie(storage.begin(log, restored)), start(log, restored)),
    giveUp
  })
  const steward = new Steward(shared.core, nowMs, limits)
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      own.isClosed = true
      own.core?.close("Stopping")
      return Deferred.succeed(own.begun, undefined)
    })
  )

  const info = { engine: "RaftLog", cluster, durability: storage.durability }
  const local = LocalLog.make({ ...shared, info, storage, guard })
  const log = WholeLog.make({ ...shared, hearsay, local, remote, random })
  const leaves = (isLeaving: boolean) => void (own.isLeaving = isLeaving)
  const member = Member.make({ ...shared, hearsay, local, steward, isAlone, leaves })

  if (storage.begun !== undefined) yield* start(storage.begun.log, storage.begun.restored)
  yield* Effect.forkScoped(guard(run))
  yield* Effect.forkScoped(guard(steward.run))
  return Context.make(ReplicatedLog, log).pipe(Context.add(LogMember, member))
})
