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
import type { Restored } from "@distri/raft/Restored"
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
import { CurrentBreaks } from "./raft/Breaks.ts"
import { Core } from "./raft/internal/core.ts"
import * as Intake from "./raft/internal/intake.ts"
import * as Joining from "./raft/internal/joining.ts"
import * as LocalLog from "./raft/internal/localLog.ts"
import * as Member from "./raft/internal/member.ts"
import * as Outboxes from "./raft/internal/outboxes.ts"
import * as Remote from "./raft/internal/remote.ts"
import { Steward } from "./raft/internal/steward.ts"
import * as WholeLog from "./raft/internal/wholeLog.ts"
import * as Membership from "./raft/pure/Membership.ts"
import { RaftPeers } from "./RaftPeers.ts"
import { type ClusterId, type LogId, LogIndex, ReplicatedLog } from "./ReplicatedLog.ts"
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
  const halt = yield* Halt
  const breaks = yield* CurrentBreaks
  const clock = yield* Clock.Clock
  const random = yield* Random.Random
  const scope = yield* Effect.scope
  const nowMs = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  const tickMs = Duration.toMillis(options.tick ?? "100 millis")
  const limits = { ...Membership.defaultLimits, ...options.membership }
  const id = `${node}/${storage.incarnation}`

  let core: Core | undefined
  let isClosed = false
  let isLeaving = false
  const begun = yield* Deferred.make<void>()
  const coreNow = () => core

  const outboxes = yield* Outboxes.make(peers, (peer) =>
    core?.input({ _tag: "PeerUnreachable", peer })
  )
  const remote = Remote.make(peers, cluster)
  const hasSnapshot = yield* Intake.make({
    storage,
    halt,
    fetch: ({ from, snapshot: { bytes, index, reference } }) =>
      remote.snapshot(
        { node: Membership.nodeOf(from), log: core!.log as LogId },
        { id: reference, index: LogIndex.make(index), bytes },
        0,
        id
      ),
    onComplete: (message) => core?.input({ _tag: "Received", message })
  })

  const start = (log: LogId, restored: Restored) =>
    Effect.gen(function* () {
      const started = new Core({
        id,
        log,
        restored,
        storage,
        outboxes,
        nowMs,
        tickMs,
        breaks,
        hasSnapshot,
        random: () => random.nextDoubleUnsafe(),
        clockMs: () => clock.currentTimeMillisUnsafe(),
        retainedMaxBytes: options.retainedMaxBytes ?? 64 * mebibyte,
        raft: options.raft ?? {}
      })
      core = started
      const tick = Effect.andThen(
        Effect.sleep(tickMs),
        Effect.sync(() => started.tick())
      )
      const loops = [started.run, Effect.orDie(started.disk.run), Effect.forever(tick)]
      yield* Effect.forEach(loops, (loop) => Effect.forkIn(halt.guard(loop), scope))
      yield* Effect.forkIn(campaignFirst(started, restored), scope)
      yield* Deferred.succeed(begun, undefined)
    })

  const joining = yield* Joining.make({
    cluster,
    id,
    peers,
    nowMs,
    votersMax: limits.votersMax,
    core: coreNow,
    isLeaving: () => isLeaving,
    begin: (log, restored) =>
      Effect.andThen(Effect.orDie(storage.begin(log, restored)), start(log, restored))
  })
  const steward = new Steward(coreNow, nowMs, limits)
  yield* Effect.addFinalizer(() =>
    Effect.suspend(() => {
      isClosed = true
      core?.close()
      return Deferred.succeed(begun, undefined)
    })
  )

  const info = { engine: "RaftLog", cluster, durability: storage.durability }
  const local = LocalLog.make({
    info,
    core: coreNow,
    nowMs,
    storage,
    isClosed: () => isClosed,
    begun: Deferred.await(begun),
    guard: halt.guard
  })
  const { hearsay } = joining
  const shared = { core: coreNow, hearsay, id, local, remote }
  const log = WholeLog.make({ ...shared, isClosed: () => isClosed, random, begun })
  const member = Member.make({
    ...shared,
    cluster,
    nowMs,
    peers,
    steward,
    leaves: () => (isLeaving = true)
  })

  if (storage.begun !== undefined) yield* start(storage.begun.log, storage.begun.restored)
  yield* Effect.forkScoped(halt.guard(joining.run))
  yield* Effect.forkScoped(halt.guard(steward.run))
  return Context.make(ReplicatedLog, log).pipe(Context.add(LogMember, member))
})

/** Who begins a cloud, or is its only voter, has nobody to wait for before it asks for votes. */
const campaignFirst = (core: Core, { entries, snapshot }: Restored) => {
  const { voters } = snapshot.configuration
  const isOnly = voters.length === 1 && voters[0] === core.id
  const founds = snapshot.index === 1 && entries.length === 0 && voters.includes(core.id)
  return isOnly || founds
    ? Effect.suspend(() => {
        if (!core.follows) core.input({ _tag: "CampaignRequested" })
        return Effect.sleep("200 millis")
      }).pipe(Effect.repeat({ times: 5 }))
    : Effect.void
}
