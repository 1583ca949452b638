/**
 * Nodes of a replicated log, one after the other, with nothing else around them: no database, so the
 * log may hold any bytes.
 *
 * Whoever started this process sends orders: a `Place` to listen there for the next node, `begin` to
 * begin it, `close` to end its log. It hears `done` after each. The process ends when its starter is
 * gone, or a rule of the node is broken.
 */
import { Links } from "@distri/core/client/Links"
import { NodeTable } from "@distri/core/cloud/NodeTable"
import * as Session from "@distri/core/cloud/Session"
import { Incarnation, NodeId, UpdateInfo } from "@distri/core/cloud/UpdateInfo"
import { Halt } from "@distri/core/Halt"
import { LogMember } from "@distri/core/log/LogMember"
import * as RaftLog from "@distri/core/log/RaftLog"
import * as DiskStorage from "@distri/core/log/storage/DiskStorage"
import * as MemoryStorage from "@distri/core/log/storage/MemoryStorage"
import { protocol } from "@distri/core/service/Handshake"
import { LogServices } from "@distri/core/service/LogServices"
import { ServiceRouter } from "@distri/core/service/ServiceRouter"
import { encodeNode } from "@distri/core/service/Wire"
import type { Address } from "@distri/core/transport/Address"
import { type Connection, type Listener, Transport } from "@distri/core/transport/Transport"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import { flushCompileCache } from "node:module"
import * as RaftPeers from "../../../core/src/cloud/internal/raftPeers.ts"
import * as DistriNode from "../../src/DistriNode.ts"
import { LogAccess } from "./LogAccess.ts"
import { cluster, type Order, type Place } from "./LogProcess.ts"

const storageOf = ({ data, listen }: Place) =>
  data === undefined
    ? MemoryStorage.layer()
    : DiskStorage.layer({ directory: data, node: listen, cluster, segmentBytes: 256 * 1024 })

/** Begins a node, which runs until the scope closes. Its log ends with the scope `ofLog`, before. */
const begin = Effect.fnUntraced(function* (place: Place, listener: Listener, ofLog: Scope.Scope) {
  const { listen, retainedMaxBytes, seeds } = place
  const node = NodeId.make(listen)

  const Around = Links.layer({ seeds, hello: { cluster, node } }).pipe(
    Layer.provideMerge(NodeTable.layer),
    Layer.provideMerge(Halt.layer)
  )
  const around = yield* Layer.build(Layer.fresh(Around))
  const Log = RaftLog.layer({ cluster, node, retainedMaxBytes }).pipe(
    Layer.provide(storageOf(place)),
    Layer.provide(RaftPeers.layer),
    Layer.provide(Layer.succeedContext(around))
  )
  const log = yield* Layer.buildWithScope(Layer.fresh(Log), ofLog)
  const Router = ServiceRouter.layer(LogServices.merge(LogAccess), node).pipe(
    Layer.provide([LogServices.layer, LogAccess.layer]),
    Layer.provide(Layer.succeedContext(Context.merge(around, log)))
  )
  const router = Context.get(yield* Layer.build(Layer.fresh(Router)), ServiceRouter)

  const session = {
    node,
    cluster,
    router,
    counted: identity,
    onLog: Context.get(log, LogMember).receive,
    onReport: () => Effect.void,
    announce: yield* announcing(listen)
  }
  const { guard, stopped } = Context.get(around, Halt)
  let connections = 0
  yield* listener
    .run((connection) =>
      guard(Effect.suspend(() => Session.serve(session, connection, ++connections)))
    )
    .pipe(Effect.forkScoped)
  return stopped
})

/** Who dials waits until a node has said who it is. */
const announcing = Effect.fnUntraced(function* (address: Address) {
  const report = new UpdateInfo({
    node: NodeId.make(address),
    address,
    incarnation: Incarnation.make(yield* Clock.currentTimeMillis),
    seq: 0,
    state: "ready",
    role: "replica",
    version: 0,
    load: { inFlight: 0, queued: 0, eventLoopP99Ms: 0, heapRatio: 0 },
    capacity: 1,
    services: [],
    protocol,
    clock: 0
  })
  const { body, head } = encodeNode(report, 0)
  return (connection: Connection) => Effect.andThen(connection.send(head, body), Effect.never)
})

const program = Effect.gen(function* () {
  const orders = yield* Queue.unbounded<Order>()
  process.on("message", (order: Order) => Queue.offerUnsafe(orders, order))
  const starterGone = Effect.callback<void>((resume) => {
    process.once("disconnect", () => resume(Effect.void))
  })
  const done = Effect.sync(() => process.send?.("done"))

  /** One node: until there is another one to begin. */
  const one = Effect.fnUntraced(function* (place: Place) {
    const transport = yield* Transport
    const listener = yield* transport.listen(place.listen)
    yield* done
    yield* Queue.take(orders)
    const ofLog = yield* Scope.fork(yield* Effect.scope)
    const broken = yield* begin(place, listener, ofLog)
    yield* done
    const next = Effect.gen(function* () {
      while (true) {
        const order = yield* Queue.take(orders)
        if (typeof order !== "string") return order
        yield* Scope.close(ofLog, Exit.void)
        yield* done
      }
    })
    return yield* Effect.raceFirst(next, broken)
  }, Effect.scoped)

  const all = Effect.gen(function* () {
    let order = yield* Queue.take(orders)
    while (typeof order !== "string") order = yield* one(order)
  })
  yield* Effect.raceFirst(all, starterGone)
  // Who listens to its starter does not end by itself.
  if (process.connected) process.disconnect()
})

// One that is killed would not write it.
flushCompileCache()

program.pipe(
  // What is no surprise nobody wants to read.
  Effect.provideService(References.MinimumLogLevel, "Warn"),
  Effect.provide(DistriNode.layer),
  DistriNode.runMain
)
