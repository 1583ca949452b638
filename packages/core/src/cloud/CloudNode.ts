/**
 * One worker process of a cloud: serves the services of a group to clients and other nodes.
 *
 * ```ts
 * class Services extends RpcGroup.make(Thumbnail) {}
 *
 * const Node = CloudNode.layer(Services, { listen: "127.0.0.1:7400", seeds: ["127.0.0.1:7401"] }).pipe(
 *   Layer.provide(Thumbnail.toLayer((photo) => shrink(photo))),
 *   Layer.provide(DistriNode.layer)
 * )
 * Effect.flatMap(CloudNode, ({ halted }) => halted).pipe(Effect.provide(Node), DistriNode.runMain)
 * ```
 *
 * ```
 *   starting --> catchingUp --> ready --> draining --> stopped
 *                                  scope closes (SIGTERM)
 * ```
 *
 * **Gotchas**
 *
 * - The node whose address comes first in the order of text founds the cloud, once all that it was
 *   told of have answered and none has one. Tell every node of all the others when a cloud begins;
 *   later one address is enough.
 * - In memory a node that stops gives up its vote, and comes back with nothing. Wait until it is
 *   ready again before you stop the next one.
 */
import * as Context from "effect/Context"
import type * as SecureRandom from "effect/crypto/SecureRandom"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Rpc from "effect/rpc/Rpc"
import type * as RpcGroup from "effect/rpc/RpcGroup"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { Links } from "../client/Links.ts"
import * as Collection from "../database/Collection.ts"
import { Database } from "../database/Database.ts"
import { Halt } from "../Halt.ts"
import { LogMember } from "../log/LogMember.ts"
import * as RaftLog from "../log/RaftLog.ts"
import { ClusterId, type Unavailable } from "../log/ReplicatedLog.ts"
import { Disk, type DiskFailed } from "../log/storage/Disk.ts"
import * as DiskStorage from "../log/storage/DiskStorage.ts"
import * as MemoryStorage from "../log/storage/MemoryStorage.ts"
import type { StorageRefusal } from "../log/storage/StorageRefusal.ts"
import { DatabaseServices } from "../service/DatabaseServices.ts"
import { LogServices } from "../service/LogServices.ts"
import * as Admission from "../service/pure/Admission.ts"
import { PublicServices } from "../service/PublicServices.ts"
import { DatabaseVersion, ServiceLimits, ServiceRouter } from "../service/ServiceRouter.ts"
import * as Address from "../transport/Address.ts"
import {
  type Connection,
  type Listener,
  type ListenFailed,
  Transport
} from "../transport/Transport.ts"
import * as Announcer from "./Announcer.ts"
import { drain } from "./Drain.ts"
import type { Load } from "./Load.ts"
import { databaseVersion } from "./internal/databaseVersion.ts"
import * as RaftPeers from "./internal/raftPeers.ts"
import * as Reporting from "./internal/reporting.ts"
import * as NodeReport from "./NodeReport.ts"
import { NodeTable } from "./NodeTable.ts"
import * as Session from "./Session.ts"
import type { Stats } from "./Stats.ts"
import { NodeId, type NodeState } from "./UpdateInfo.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface CloudNodeOptions {
  /** Where to listen: `127.0.0.1:7400`. Port 0 takes any free port. Loopback only. */
  readonly listen: string
  /**
   * The other nodes: all of them when the cloud begins, at least one later. Default: none, and this
   * node is a cloud of one, which others may join.
   */
  readonly seeds?: ReadonlyArray<string>
  /** The name of the cloud. Nodes and clients of another name are refused. Default `distri`. */
  readonly cluster?: string
  /**
   * The folder where this node keeps its part of the log, for itself alone. Then what was acknowledged
   * survives the loss of power of all nodes. Default: none; it is kept in memory, and survives as long
   * as a majority of the voters lives. All nodes of a cloud do the same: one that does otherwise is
   * not taken in.
   */
  readonly data?: string | undefined
  /** What the log keeps, how quick it is, and who votes; each field says its default. */
  readonly log?:
    | (Omit<RaftLog.Options, "cluster" | "node"> & Pick<DiskStorage.Options, "segmentBytes">)
    | undefined
  /** Whether a node that stops gives up its vote. Default: in memory it does, with `data` it stays. */
  readonly leaveOnStop?: boolean | undefined
  /** Relative strength, for placement. Default: the number of cores. */
  readonly capacity?: number
  /**
   * Typed collections that this node offers: once it is ready it creates them, and those of their
   * indexes that are missing. Nothing is ever dropped or changed.
   */
  readonly collections?: ReadonlyArray<Collection.Any>
  /** How long stopping may take. Default 25 s, below the usual 30 s before a SIGKILL. */
  readonly drainTimeout?: Duration.Input
  /** Limits of admission; each says its unit and default. */
  readonly limits?: Partial<Admission.Limits>
}

/**
 * Data was asked for on a disk, and nobody provided one.
 *
 * @category errors
 * @since 0.1.0
 */
export class NoDisk extends Schema.TaggedError<NoDisk>()("NoDisk", { data: Schema.String }) {
  override get message() {
    return `nothing can be kept in ${this.data}, since this program has no disk; provide DistriNode.layer, or leave out data`
  }
}

/**
 * @category services
 * @since 0.1.0
 */
export class CloudNode extends Context.Service<
  CloudNode,
  {
    readonly node: NodeId
    readonly address: Address.Address
    readonly state: Effect.Effect<NodeState>
    readonly stats: Effect.Effect<Stats>
    /**
     * Gives up the vote of this node, for good: before it is taken out of the cloud. `Unavailable`:
     * the others could not go on without it.
     */
    readonly leave: Effect.Effect<void, Unavailable>
    /** Never succeeds. Dies when a rule of this node is broken: then the process must end. */
    readonly halted: Effect.Effect<never>
  }
>()("@distri/core/cloud/CloudNode") {
  /**
   * Runs a node until the scope closes, then drains it. It is ready when the layer is built:
   * with the vote that it is to have, or without it where every other address refused it for 2 s, or
   * after a minute, which it logs.
   *
   * `group`: the services to offer besides the built-in ones. Requires a handler for each.
   */
  static readonly layer = <Rpcs extends Rpc.Any>(
    group: RpcGroup.RpcGroup<Rpcs>,
    options: CloudNodeOptions
  ): Layer.Layer<
    CloudNode | Database,
    Address.InvalidAddress | ListenFailed | DiskFailed | StorageRefusal | NoDisk,
    Rpc.ToHandler<Rpcs> | Transport | Load | SecureRandom.SecureRandom
    // Fresh, so that two nodes in one program share nothing.
  > => Layer.fresh(Layer.unwrap(assemble(group as never, options))) as never
}

/** Listens, and then puts the layers together: the address may be known only now. */
const assemble = Effect.fnUntraced(function* (
  group: RpcGroup.RpcGroup<never>,
  options: CloudNodeOptions
) {
  const transport = yield* Transport
  const listen = yield* Effect.fromResult(Address.parse(options.listen))
  const seeds = yield* Effect.forEach(options.seeds ?? [], (seed) =>
    Effect.fromResult(Address.parse(seed))
  )
  const listener = yield* transport.listen(listen)
  const node = NodeId.make(listener.address)
  const others = seeds.filter((seed) => seed !== listener.address)
  const cluster = options.cluster ?? "distri"
  const clusterId = ClusterId.make(cluster)

  const Table = NodeTable.layer.pipe(Layer.provideMerge(Halt.layer))
  const Peers = Links.layer({ seeds: others, hello: { cluster, node } })
  const Log = RaftLog.layer({ ...options.log, cluster: clusterId, node }).pipe(
    Layer.provide(RaftPeers.layer),
    Layer.provide(yield* storageOf(options, node, clusterId))
  )
  const Handlers = Layer.mergeAll(DatabaseServices.layer, LogServices.layer, NodeReport.layerStats)
  const Router = ServiceRouter.layer(
    group.merge(PublicServices, DatabaseServices, LogServices),
    node
  ).pipe(Layer.provide(Layer.effect(DatabaseVersion, databaseVersion)))
  // As far below what is retained as by default, or a full leader would wait for a snapshot for ever.
  const retained = options.log?.retainedMaxBytes
  const compactAfterBytes = retained === undefined ? undefined : (retained * 3) / 8
  return Layer.effect(CloudNode, serve(listener, options, cluster)).pipe(
    Layer.provide(Router),
    Layer.provide(Handlers),
    Layer.provideMerge(Database.layer({ home: node, compactAfterBytes })),
    Layer.provide(NodeReport.StatsSource.layer),
    Layer.provide(Log),
    Layer.provide(Peers),
    Layer.provide(Table),
    Layer.provide(Layer.succeed(ServiceLimits, { ...Admission.defaultLimits, ...options.limits }))
  )
})

/** The layer that keeps this node's part of the log. */
const storageOf = Effect.fnUntraced(function* (
  { data, log }: CloudNodeOptions,
  node: NodeId,
  cluster: ClusterId
) {
  if (data === undefined) return MemoryStorage.layer()
  const disk = yield* Effect.serviceOption(Disk)
  if (disk._tag === "None") return yield* new NoDisk({ data })
  return Layer.provide(
    DiskStorage.layer({ directory: data, node, cluster, segmentBytes: log?.segmentBytes }),
    Layer.succeed(Disk, disk.value)
  )
})

const serve = Effect.fnUntraced(function* (
  listener: Listener,
  options: CloudNodeOptions,
  cluster: string
) {
  const router = yield* ServiceRouter
  const halt = yield* Halt
  const member = yield* LogMember
  const node = NodeId.make(listener.address)
  const report = yield* NodeReport.make({
    address: listener.address,
    capacity: options.capacity
  })
  yield* Deferred.succeed(yield* NodeReport.StatsSource, report.stats)

  const session = {
    node,
    cluster,
    router,
    announce: yield* Announcer.make(node),
    counted: report.counted,
    onLog: member.receive,
    onReport: NodeReport.take(yield* NodeTable)
  }
  let connections = 0
  const accept = (connection: Connection) => Session.serve(session, connection, ++connections)
  yield* Effect.forkScoped(listener.run((connection) => halt.guard(accept(connection))))

  const tell = yield* Reporting.startReporting(report)
  yield* report.setState("catchingUp")
  yield* catchUp
  yield* router.open
  yield* report.setState("ready")
  yield* tell

  yield* offer(options.collections ?? [])

  yield* halt.stopped.pipe(
    Effect.tapDefect((rule) =>
      Effect.andThen(
        report.setState("failed"),
        Effect.logFatal("a rule of this node is broken; it stops", rule)
      )
    ),
    Effect.forkScoped
  )
  const leaves = options.leaveOnStop ?? options.data === undefined
  // Added last, so that it runs first.
  yield* Effect.addFinalizer(() =>
    drain({
      router,
      announce: Effect.andThen(report.setState("draining"), tell),
      clients: report.clients,
      handOver: Effect.ignore(member.handOver),
      leave: leaves ? Effect.ignore(member.leave) : Effect.void,
      drainTimeout: Duration.fromInputUnsafe(options.drainTimeout ?? "25 seconds")
    }).pipe(Effect.andThen(report.setState("stopped")))
  )
  return CloudNode.of({
    node,
    address: listener.address,
    state: report.state,
    stats: report.stats,
    leave: member.leave,
    halted: halt.stopped
  })
})

/** A node that is not where it should be by then serves all the same. */
const catchUpMax = "1 minute"

/**
 * Waits until this node has the vote that it is to have, and what the log had when it asked. Where
 * nobody is there to ask, not for long: services need no log.
 */
const catchUp = Effect.gen(function* () {
  const { barrier } = yield* Database
  const { alone, settled } = yield* LogMember
  yield* Effect.andThen(settled, Effect.retry(barrier, Schedule.spaced("20 millis"))).pipe(
    Effect.raceFirst(alone),
    Effect.timeoutOrElse({
      duration: catchUpMax,
      orElse: () =>
        Effect.logWarning(
          "this node serves without having caught up: the log has no leader, or too few voters answer"
        )
    }),
    Effect.ignore
  )
})

/** Creates what is missing, as soon as somebody writes the log. */
const offer = Effect.fnUntraced(function* (collections: ReadonlyArray<Collection.Any>) {
  const { documents } = yield* Database
  yield* Effect.forEach(
    collections,
    (collection) =>
      Collection.over(documents, collection).create.pipe(
        Effect.retry({
          while: ({ _tag }) =>
            _tag === "Unavailable" || _tag === "Ambiguous" || _tag === "Overloaded",
          schedule: Schedule.spaced("1 second")
        }),
        Effect.catch(({ message }) =>
          Effect.logError(
            `the collection "${collection.collection}" is not as this node offers it: ${message}`
          )
        )
      ),
    { discard: true }
  ).pipe(Effect.forkScoped)
})
