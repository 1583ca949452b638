/**
 * What a node says about itself: its state, its `UpdateInfo` and its `Stats`.
 *
 * Handlers are built before the router that counts for Stats, so the answer to Stats is filled in
 * once the node is put together (`StatsSource`).
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import { Database } from "../database/Database.ts"
import { LogMember, type LogStatus } from "../log/LogMember.ts"
import { ReplicatedLog } from "../log/ReplicatedLog.ts"
import { protocol, release } from "../service/Handshake.ts"
import { StatsService } from "../service/PublicServices.ts"
import { ServiceRouter } from "../service/ServiceRouter.ts"
import type { Address } from "../transport/Address.ts"
import { Load } from "./Load.ts"
import type { NodeTable } from "./NodeTable.ts"
import { Stats } from "./Stats.ts"
import { Incarnation, type LoadInfo, NodeId, type NodeState, UpdateInfo } from "./UpdateInfo.ts"

/**
 * Where the handler of Stats finds its answer.
 *
 * @category services
 * @since 0.1.0
 */
export class StatsSource extends Context.Service<
  StatsSource,
  Deferred.Deferred<Effect.Effect<Stats>>
>()("@distri/core/cloud/StatsSource") {
  static readonly layer = Layer.effect(StatsSource, Deferred.make<Effect.Effect<Stats>>())
}

/**
 * The handler of Stats.
 *
 * @category layers
 * @since 0.1.0
 */
export const layerStats = StatsService.toLayer(() =>
  Effect.flatMap(StatsSource, (source) => Effect.flatten(Deferred.await(source)))
)

/**
 * Takes what the node `from` reports: about itself, or it is dropped.
 *
 * @category combinators
 * @since 0.1.0
 */
export const take =
  ({ report }: NodeTable["Service"]) =>
  (from: NodeId, info: UpdateInfo): Effect.Effect<void> =>
    from === info.node
      ? report(info)
      : Effect.logWarning(`a report of ${from} in the name of ${info.node} was dropped`)

/**
 * @category models
 * @since 0.1.0
 */
export interface NodeReport {
  readonly state: Effect.Effect<NodeState>
  readonly setState: (state: NodeState) => Effect.Effect<void>
  /** The report as of now. Each has a sequence number of its own. */
  readonly current: Effect.Effect<UpdateInfo>
  readonly load: Effect.Effect<LoadInfo>
  readonly stats: Effect.Effect<Stats>
  /** Connections of clients. */
  readonly clients: () => number
  /** Counts a client's connection while `session` runs. */
  readonly counted: <A, E, R>(session: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (options: {
  readonly address: Address
  /** Default: the number of cores. */
  readonly capacity: number | undefined
}) {
  const database = yield* Database
  const log = yield* ReplicatedLog
  const member = yield* LogMember
  const loadOfNode = yield* Load
  const router = yield* ServiceRouter
  const incarnation = Incarnation.make(yield* Clock.currentTimeMillis)
  const startedMs = Number(yield* Clock.monotonicTimeNanos) / 1e6
  const life = yield* makeLife
  const identity = {
    node: NodeId.make(options.address),
    address: options.address,
    incarnation,
    capacity: options.capacity ?? loadOfNode.cores
  }
  let seq = 0

  const load = Effect.map(loadOfNode.sample, (sample): LoadInfo => {
    const { queued, running, waiting } = router.standing()
    return { ...sample, inFlight: running - waiting, queued }
  })
  const observed = Effect.all({
    state: life.state,
    load,
    log: member.status,
    digest: database.digest,
    collections: database.collections
  })

  const current = Effect.gen(function* () {
    const { digest, log, ...rest } = yield* observed
    return UpdateInfo.fitting({
      ...identity,
      ...rest,
      seq: seq++,
      role: log.role,
      version: digest.version,
      digest: { index: digest.version, value: digest.digest },
      services: router.services(),
      protocol,
      clock: yield* Clock.currentTimeMillis
    })
  })

  const stats = Effect.gen(function* () {
    const { counters, waiting: _, ...standing } = router.standing()
    const nowMs = Number(yield* Clock.monotonicTimeNanos) / 1e6
    return new Stats({
      ...identity,
      ...(yield* Effect.map(observed, ({ digest, log, ...rest }) => ({
        ...rest,
        ...digest,
        ...standingOf(log)
      }))),
      ...counters,
      ...standing,
      refused: { ...counters.refused },
      release,
      uptimeMs: nowMs - startedMs,
      ...life.counts(),
      durability: log.info.durability
    })
  })

  const { counts: _, ...rest } = life
  const report: NodeReport = { ...rest, current, load, stats }
  return report
})

const standingOf = ({ leader, role, survives, term, voters }: LogStatus) => ({
  role,
  survives,
  term,
  voters,
  ...(leader !== undefined && { leader })
})

/** The state of a node, and what is counted beside requests. */
const makeLife = Effect.gen(function* () {
  const ref = yield* Ref.make<NodeState>("starting")
  let clients = 0
  let outages = 0
  return {
    state: Ref.get(ref),
    setState: (next: NodeState) =>
      Ref.modify(ref, (before) => {
        if (before === "ready" && next !== "draining") outages++
        return [undefined, next]
      }),
    counted: <A, E, R>(session: Effect.Effect<A, E, R>) =>
      Effect.acquireUseRelease(
        Effect.sync(() => clients++),
        () => session,
        () => Effect.sync(() => clients--)
      ),
    clients: () => clients,
    counts: () => ({ connections: clients, outages })
  }
})
