/** A cloud whose nodes can be cut off from each other, and end as a process does that is killed. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import type { Client } from "../../src/client/Client.ts"
import type { CloudNode, CloudNodeOptions } from "../../src/cloud/CloudNode.ts"
import type { Stats } from "../../src/cloud/Stats.ts"
import { MemoryNetwork } from "../../src/transport/MemoryTransport.ts"
import { DialFailed, Transport } from "../../src/transport/Transport.ts"
import { address, startNode } from "./cloud.ts"

/** A node, and the ways it may end. */
export interface Running {
  readonly port: number
  readonly node: CloudNode["Service"]
  /** As on SIGTERM. */
  readonly stop: Effect.Effect<void>
  /** As on SIGKILL: from one moment to the next it says nothing any more, to anybody. */
  readonly crash: Effect.Effect<void>
}

/** A connection that one node has dialled to another. */
interface Way {
  readonly from: number
  readonly to: number
  readonly close: Effect.Effect<void>
}

type Blocked = (from: number, to: number) => boolean

const nobody: Blocked = () => false

/** Quick enough for a test; the pauses of a loaded machine still cost no more than an election. */
const tick = "20 millis"

/** Starts nodes on a network where the ways between them can be blocked. Clients reach all. */
export const makeNetwork = Effect.gen(function* () {
  const transport = yield* Transport
  const network = yield* MemoryNetwork
  const scope = yield* Effect.scope
  const ways = new Set<Way>()
  let isBlocked = nobody

  /** Nodes that are cut off from each other lose their connections, and get no new ones. */
  const block = (blocked: Blocked) =>
    Effect.suspend(() => {
      isBlocked = blocked
      return Effect.forEach(
        [...ways].filter(({ from, to }) => blocked(from, to)),
        ({ close }) => close,
        { concurrency: "unbounded", discard: true }
      )
    })

  const transportOf = (from: number) =>
    Transport.of({
      listen: transport.listen,
      dial: Effect.fnUntraced(function* (address) {
        const to = Number(address.slice(address.lastIndexOf(":") + 1))
        if (isBlocked(from, to)) return yield* new DialFailed({ address, reason: "cut off" })
        const connection = yield* transport.dial(address)
        const way: Way = { from, to, close: connection.close }
        ways.add(way)
        yield* Effect.addFinalizer(() => Effect.sync(() => ways.delete(way)))
        return connection
      })
    })

  const start = Effect.fnUntraced(function* (
    port: number,
    others: ReadonlyArray<number>,
    options: Partial<CloudNodeOptions> = {}
  ) {
    const own = yield* Scope.fork(scope)
    let isGone = false
    const node = yield* startNode(port, others, {
      ...options,
      log: { tick, ...options.log }
    }).pipe(Effect.provideService(Transport, transportOf(port)), Scope.provide(own))
    const stop = Effect.suspend(() => {
      isGone = true
      return Scope.close(own, Exit.void)
    })
    const crash = Effect.gen(function* () {
      const before = isBlocked
      // What it says from here on reaches nobody.
      isBlocked = (from, to) => from === port || to === port || before(from, to)
      const there = new Set([port, ...Array.from(ways, ({ to }) => to)])
      yield* Effect.forEach(there, (at) => network.cut(address(at)), { discard: true })
      yield* stop
      isBlocked = before
    })
    yield* Scope.addFinalizer(
      scope,
      Effect.suspend(() => (isGone ? Effect.void : stop))
    )
    return { port, node, stop, crash } satisfies Running
  })

  /** Nodes that are told of each other from the start. */
  const startAll = (ports: ReadonlyArray<number>, options?: Partial<CloudNodeOptions>) =>
    Effect.forEach(
      ports,
      (port) =>
        start(
          port,
          ports.filter((other) => other !== port),
          options
        ),
      {
        concurrency: "unbounded"
      }
    )

  return { block, start, startAll }
})

/** What `holds` of the reports of `node`, sooner or later. */
export const until = ({ node }: Running, holds: (stats: Stats) => boolean) =>
  Effect.repeat(node.stats, { until: holds, schedule: Schedule.spaced("10 millis") })

/** The one that leads, as soon as one does and knows so. */
export const leaderOf = (nodes: ReadonlyArray<Running>) =>
  Effect.forEach(nodes, ({ node }) => node.stats).pipe(
    Effect.map((all) => nodes[all.findIndex(({ role }) => role === "leader")]),
    Effect.repeat({
      until: (found): found is Running => found !== undefined,
      schedule: Schedule.spaced("10 millis")
    })
  ) as Effect.Effect<Running>

/**
 * Counts up documents of the collection `load`, each by one fiber, from now until `finish`. None of
 * these requests may fail, and `finish` returns when every increment has taken effect once.
 */
export const countUp = Effect.fnUntraced(function* (client: Client["Service"], counters: number) {
  const { documents } = client
  yield* documents.execute({ _tag: "CreateCollection", collection: "load" })
  const ids = Array.from({ length: counters }, (_, at) => `counter-${at}`)
  const done = new Map<string, number>()
  const isOver = yield* Deferred.make<void>()
  const fiber = yield* Effect.forEach(
    ids,
    (id) =>
      documents
        .execute({
          _tag: "UpdateDocument",
          collection: "load",
          id,
          inc: { n: 1 },
          upsert: true
        })
        .pipe(
          Effect.andThen(Effect.sync(() => void done.set(id, (done.get(id) ?? 0) + 1))),
          Effect.andThen(Effect.sleep("1 millis")),
          Effect.repeat({ until: () => Deferred.isDoneUnsafe(isOver) })
        ),
    { concurrency: "unbounded", discard: true }
  ).pipe(Effect.forkChild)

  const total = () => [...done.values()].reduce((sum, n) => sum + n, 0)
  return {
    /** Waits until so many more increments were acknowledged. */
    goesOn: (more: number) =>
      Effect.suspend(() => {
        const from = total()
        const waited = Effect.repeat(Effect.sync(total), {
          until: (now) => now >= from + more,
          schedule: Schedule.spaced("5 millis")
        })
        return Effect.raceFirst(Effect.asVoid(waited), Fiber.join(fiber))
      }),
    /** What was acknowledged, and what is there. */
    finish: Effect.gen(function* () {
      yield* Deferred.succeed(isOver, undefined)
      yield* Fiber.join(fiber)
      const { found } = yield* documents.read({ collection: "load" }, { limit: 1000 })
      const there = new Map(found.map(({ document }) => [document["_id"], document["n"]]))
      return { acknowledged: done, there }
    })
  }
})
