/** Databases for tests: one that writes, and others that follow it over links that can fail. */
import * as Context from "effect/Context"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RpcTest from "effect/rpc/RpcTest"
import { Database, type Options } from "../../src/database/Database.ts"
import { Halt } from "../../src/Halt.ts"
import * as FollowerLog from "../../src/log/FollowerLog.ts"
import { ClusterId, LogId, LogIndex, ReplicatedLog } from "../../src/log/ReplicatedLog.ts"
import * as SingleNodeLog from "../../src/log/SingleNodeLog.ts"
import { WriterLink, type Caller } from "../../src/log/WriterLink.ts"
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
  const context = yield* Layer.build(LogServices.layer.pipe(Layer.provideMerge(over(Log, options))))
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

/** A database that follows the writer behind `call`. */
export const follower = Effect.fnUntraced(function* (call: Caller, options?: Options) {
  const Log = FollowerLog.layer({ cluster }).pipe(Layer.provide(WriterLink.layer(call)))
  const context = yield* Layer.build(over(Log, options))
  return Context.get(context, Database)
})

/** A database over a log that a test makes up. */
export const overFake = Effect.fnUntraced(function* (
  log: Pick<ReplicatedLog["Service"], "entries" | "snapshots">
) {
  const info = { engine: "Fake", cluster, durability: "memory" } as const
  const start = {
    identity: Effect.succeed(LogId.make("fake")),
    barrier: Effect.succeed(LogIndex.make(0))
  }
  const context = yield* Layer.build(over(Layer.mock(ReplicatedLog, { info, ...start, ...log })))
  return { database: Context.get(context, Database), halt: Context.get(context, Halt) }
})
