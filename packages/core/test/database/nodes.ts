/** Databases for tests: one that writes, and replicas of it behind links that can fail. */
import * as Context from "effect/Context"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RpcTest from "effect/rpc/RpcTest"
import * as TestClock from "effect/testing/TestClock"
import { Database, type Options } from "../../src/database/Database.ts"
import { Halt } from "../../src/Halt.ts"
import { LogMember } from "../../src/log/LogMember.ts"
import * as RaftLog from "../../src/log/RaftLog.ts"
import { type Caller, RaftPeers } from "../../src/log/RaftPeers.ts"
import { ClusterId, LogId, LogIndex, ReplicatedLog } from "../../src/log/ReplicatedLog.ts"
import * as SingleNodeLog from "../../src/log/SingleNodeLog.ts"
import * as MemoryStorage from "../../src/log/storage/MemoryStorage.ts"
import { LogServices } from "../../src/service/LogServices.ts"

const cluster = ClusterId.make("test")

/** A database over `Log`. */
export const over = <R>(Log: Layer.Layer<ReplicatedLog, never, R>, options?: Options) =>
  Database.layer(options).pipe(
    Layer.provideMerge(Log),
    Layer.provideMerge(Halt.layer),
    Layer.provideMerge(SecureRandom.layerWebCrypto)
  )

/** A database that writes, and a way for others to call it. */
export const writer = Effect.fnUntraced(function* (
  options: Options & { readonly retainedMaxBytes?: number } = {}
) {
  const Log = SingleNodeLog.layer({ cluster, retainedMaxBytes: options.retainedMaxBytes })
  const context = yield* Layer.build(
    LogServices.layer.pipe(
      Layer.provide(Layer.effect(LogMember, onlyMember)),
      Layer.provideMerge(over(Log, options))
    )
  )
  const client = yield* Effect.provideContext(RpcTest.makeClient(LogServices), context)
  const call = ((service: { readonly _tag: string }, payload: unknown) =>
    (client as any)[service._tag](payload)) as Caller
  return {
    call,
    database: Context.get(context, Database),
    halt: Context.get(context, Halt),
    log: Context.get(context, ReplicatedLog)
  }
})

/** The log of one node, which outlives the databases over it, as one on a disk does. */
export const single = Effect.fnUntraced(function* (
  options: Omit<SingleNodeLog.Options, "cluster">
) {
  const Log = Layer.provide(
    SingleNodeLog.layer({ cluster, ...options }),
    SecureRandom.layerWebCrypto
  )
  const context = yield* Layer.build(Log)
  return { context, log: Context.get(context, ReplicatedLog) }
})

/** A database over the log in `context`, until the scope is closed. */
export const overLog = (context: Context.Context<ReplicatedLog>, options?: Options) =>
  Effect.map(Layer.build(Layer.fresh(over(Layer.succeedContext(context), options))), (built) =>
    Context.get(built, Database)
  )

/** The log of one node, in the part of the only member of a cloud. */
export const onlyMember = Effect.map(ReplicatedLog, (local) =>
  LogMember.of({
    local,
    status: Effect.die("not asked"),
    receive: () => undefined,
    join: () =>
      Effect.map(Effect.orDie(local.identity), (log) => ({
        id: `${writerNode}/1`,
        durability: "memory" as const,
        log,
        leader: writerNode,
        members: [`${writerNode}/1`],
        wanted: false
      })),
    fetched: () => {},
    alone: Effect.never,
    settled: Effect.void,
    handOver: Effect.void,
    leave: Effect.void,
    remove: () => Effect.void
  })
)

const writerNode = "127.0.0.1:7401"

/** The log of a replica, which knows the member behind `call` and nobody else. */
export const replicaLog = (
  call: Caller,
  of = cluster
): Layer.Layer<ReplicatedLog, never, Halt | SecureRandom.SecureRandom> =>
  RaftLog.layer({ cluster: of, node: "127.0.0.1:7402" }).pipe(
    Layer.provide(MemoryStorage.layer()),
    Layer.provide(
      Layer.succeed(
        RaftPeers,
        RaftPeers.of({
          known: Effect.succeed([writerNode]),
          call: () => call,
          post: () => Effect.void,
          heard: () => {}
        })
      )
    )
  )

/** A database that copies what the writer behind `call` has. If that answers, it does so already. */
export const follower = Effect.fnUntraced(function* (call: Caller, options?: Options) {
  const context = yield* Layer.build(over(replicaLog(call), options))
  const { identity } = Context.get(context, ReplicatedLog)
  const found = yield* Effect.result(
    Effect.retry(
      Effect.tapError(identity, () => Effect.yieldNow),
      { times: 50 }
    )
  )
  // What was asked of the log before it was found is asked again.
  if (found._tag === "Success") yield* TestClock.adjust("200 millis")
  return Context.get(context, Database)
})

/** A database over a log that a test makes up. */
export const overFake = Effect.fnUntraced(function* (
  log: Pick<ReplicatedLog["Service"], "entries" | "snapshots">
) {
  const info = { engine: "Fake", cluster, durability: "memory" } as const
  const start = {
    identity: Effect.succeed(LogId.make("fake")),
    barrier: Effect.succeed(LogIndex.make(0)),
    full: Effect.never
  }
  const context = yield* Layer.build(over(Layer.mock(ReplicatedLog, { info, ...start, ...log })))
  return { database: Context.get(context, Database), halt: Context.get(context, Halt) }
})
