/** Nodes of a replicated log in one process, without a cloud around them. They call each other directly. */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as RpcTest from "effect/rpc/RpcTest"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { Halt } from "../../src/Halt.ts"
import { LogMember } from "../../src/log/LogMember.ts"
import * as RaftLog from "../../src/log/RaftLog.ts"
import { type Caller, LinkFailed, RaftPeers } from "../../src/log/RaftPeers.ts"
import { ClusterId, ReplicatedLog } from "../../src/log/ReplicatedLog.ts"
import type { LogStorage } from "../../src/log/storage/LogStorage.ts"
import * as MemoryStorage from "../../src/log/storage/MemoryStorage.ts"
import { LogServices } from "../../src/service/LogServices.ts"

/** A node that runs. */
export interface Running {
  readonly name: string
  readonly log: ReplicatedLog["Service"]
  readonly member: LogMember["Service"]
  readonly halt: Halt["Service"]
  /** Ends it as if it had never been there; what it keeps on a disk stays. */
  readonly stop: Effect.Effect<void>
}

export interface NodeOptions extends Omit<Partial<RaftLog.Options>, "node"> {
  readonly storage?: Layer.Layer<LogStorage, never, SecureRandom.SecureRandom>
  /** What the wall clocks of nodes show, in ms. Default: the time that passes. */
  readonly wallMs?: () => number
}

/** A network of nodes that can be cut off from each other. */
export const makeNetwork = Effect.gen(function* () {
  const scope = yield* Effect.scope
  const calls = new Map<string, Caller>()
  const members = new Map<string, LogMember["Service"]>()
  const frozen = new Set<string>()
  let isCut = nobody

  const peersOf = (from: string, known: ReadonlyArray<string>) => {
    const reached = <A>(all: ReadonlyMap<string, A>, to: string, way: Way) =>
      Effect.suspend(() => {
        if (frozen.has(to) || frozen.has(from)) return Effect.never
        if (isCut(from, to, way)) return Effect.fail(new LinkFailed({ started: false }))
        const found = all.get(to)
        return found === undefined
          ? Effect.fail(new LinkFailed({ started: false, refused: true }))
          : Effect.succeed(found)
      })
    return RaftPeers.of({
      known: Effect.succeed(known.filter((other) => other !== from)),
      call: (to) =>
        ((service, payload) =>
          Effect.flatMap(reached(calls, to, "call"), (call) => call(service, payload))) as Caller,
      post: (to, frame) =>
        Effect.map(reached(members, to, "frame"), ({ receive }) => void receive(from, frame)),
      heard: () => {}
    })
  }

  const start = Effect.fnUntraced(function* (
    name: string,
    known: ReadonlyArray<string>,
    { storage = MemoryStorage.layer(), wallMs, ...options }: NodeOptions = {}
  ) {
    const clock = yield* Clock.Clock
    const shown = wallMs === undefined ? {} : { currentTimeMillisUnsafe: { value: wallMs } }
    const own = yield* Scope.fork(scope)
    const Log = RaftLog.layer({ cluster, ...options, node: name }).pipe(
      Layer.provide(storage),
      Layer.provide(Layer.succeed(RaftPeers, peersOf(name, known))),
      Layer.provide(Layer.succeed(Clock.Clock, Object.create(clock, shown)))
    )
    const context = yield* LogServices.layer.pipe(
      Layer.provideMerge(Log),
      Layer.provideMerge(Halt.layer),
      Layer.provideMerge(SecureRandom.layerWebCrypto),
      Layer.fresh,
      Layer.build,
      Scope.provide(own)
    )
    const client = yield* RpcTest.makeClient(LogServices).pipe(
      Effect.provideContext(context),
      Scope.provide(own)
    )
    const member = Context.get(context, LogMember)
    calls.set(name, ((service: { readonly _tag: string }, payload: unknown) =>
      (client as any)[service._tag](payload)) as Caller)
    members.set(name, member)
    const leave = Effect.sync(() => {
      if (members.get(name) !== member) return
      calls.delete(name)
      members.delete(name)
    })
    yield* Scope.addFinalizer(own, leave)
    const running: Running = {
      name,
      member,
      log: Context.get(context, ReplicatedLog),
      halt: Context.get(context, Halt),
      // From here on nobody hears it.
      stop: Effect.andThen(leave, Scope.close(own, Exit.void))
    }
    return running
  })

  return {
    start,
    /** Nodes that are told of each other. */
    startAll: (names: ReadonlyArray<string>, options?: (name: string) => NodeOptions) =>
      Effect.forEach(names, (name) => start(name, names, options?.(name))),
    cut: (cut: (from: string, to: string, way: Way) => boolean) =>
      Effect.sync(() => void (isCut = cut)),
    /** From now on it neither says nor answers anything, and its connections stay open. */
    freeze: (name: string) => Effect.sync(() => void frozen.add(name)),
    caller: (name: string) => calls.get(name)!
  }
})

/** Calls have an answer; frames are messages of Raft. */
type Way = "call" | "frame"

const nobody = (_from: string, _to: string, _way: Way): boolean => false

export const cluster = ClusterId.make("test")

const soon = Schedule.spaced("5 millis")

/** The one that leads, once all of `nodes` know it. */
export const leaderOf = (nodes: ReadonlyArray<Running>) =>
  Effect.forEach(nodes, ({ member }) => member.status).pipe(
    Effect.map((all) => {
      const leader = all[0]!.leader
      return all.every((status) => status.leader === leader)
        ? nodes.find(({ name }, at) => name === leader && all[at]!.role === "leader")
        : undefined
    }),
    Effect.repeat({ until: (found): found is Running => found !== undefined, schedule: soon })
  ) as Effect.Effect<Running>
