/** RaftLog as an engine for the contract: three processes that reach each other over TCP. */
import { Links } from "@distri/core/client/Links"
import { callNode } from "@distri/core/client/NodeCall"
import { NodeTable } from "@distri/core/cloud/NodeTable"
import { NodeId } from "@distri/core/cloud/UpdateInfo"
import { Halt } from "@distri/core/Halt"
import type { LogId } from "@distri/core/log/ReplicatedLog"
import type { Address } from "@distri/core/transport/Address"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import type {
  Engine,
  Limits,
  Subject
} from "../../../simulation/src/contract/ReplicatedLogContract.ts"
import * as TcpTransport from "../../src/TcpTransport.ts"
import * as FreePorts from "../torture/FreePorts.ts"
import { Standing } from "./LogAccess.ts"
import * as LogProcess from "./LogProcess.ts"
import * as RemoteLog from "./remoteLog.ts"

const count = 3

/** Processes that outlive a law: to start one takes longer than most of the laws. */
export class Processes extends Context.Service<
  Processes,
  {
    /** Those that run, and new ones for those that do not. */
    readonly all: Effect.Effect<ReadonlyArray<LogProcess.LogProcess>>
  }
>()("@distri/node/test/Processes") {
  static readonly layer = Layer.effect(
    Processes,
    Effect.gen(function* () {
      const scope = yield* Effect.scope
      let running: ReadonlyArray<LogProcess.LogProcess> = []
      const all = Effect.gen(function* () {
        const left = running.filter(({ hasEnded }) => !hasEnded())
        const missing = Array.from({ length: count - left.length }, () => LogProcess.start)
        running = [...left, ...(yield* Scope.provide(Effect.all(missing), scope))]
        return running
      })
      return Processes.of({ all })
    })
  )
}

type Durability = "memory" | "disk"

/** `durability`: where the nodes keep their parts of the log. */
export const engine = (durability: Durability): Engine<Processes> => {
  let places: ReadonlyArray<LogProcess.Place> = []
  let log: LogId | undefined
  return {
    open: (limits = {}) =>
      Effect.gen(function* () {
        places = yield* newPlaces(durability, limits)
        const subject = yield* start(places, durability)
        log = yield* Effect.orDie(subject.leader.identity)
        return subject
      }),
    reopen: Effect.gen(function* () {
      const { all } = yield* Processes
      yield* each(yield* all, ({ kill }) => kill)
      const subject = yield* start(places, durability)
      // To a law another log is as good, and says nothing about what was on the disks.
      const isSame = (yield* Effect.orDie(subject.leader.identity)) === log
      if (isSame !== (durability === "disk"))
        return yield* Effect.die(`it is ${isSame ? "the same" : "another"} log`)
      return subject
    })
  }
}

const each = (
  processes: ReadonlyArray<LogProcess.LogProcess>,
  run: (process: LogProcess.LogProcess, at: number) => Effect.Effect<void>
) => Effect.forEach(processes, run, { concurrency: "unbounded", discard: true })

const newPlaces = Effect.fnUntraced(function* (durability: Durability, limits: Limits) {
  const addresses = yield* FreePorts.find(count)
  const folder = durability === "memory" ? undefined : yield* newFolder
  return addresses.map((listen, at): LogProcess.Place => ({
    ...limits,
    listen,
    seeds: addresses.filter((address) => address !== listen),
    ...(folder !== undefined && { data: path.join(folder, `${at}`) })
  }))
})

const newFolder = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "distri-"))),
  (made) => Effect.sync(() => fs.rmSync(made, { recursive: true }))
)

/** The log at the leader and at another node, until the scope closes. */
const start = Effect.fnUntraced(function* (
  places: ReadonlyArray<LogProcess.Place>,
  durability: Durability
) {
  const processes = yield* (yield* Processes).all
  const links = Context.get(yield* Layer.build(Layer.fresh(Network)), Links)
  let isClosed = false
  const close = Effect.gen(function* () {
    yield* each(processes, ({ close }) => close)
    // Until all have been answered by the logs themselves.
    for (const { settled } of links.connected().values()) yield* settled
    isClosed = true
  })
  yield* Effect.addFinalizer(() => close)
  yield* each(processes, ({ listen }, at) => listen(places[at]!))
  yield* each(processes, ({ begin }) => begin)

  const logAt = (address: Address) =>
    RemoteLog.make({
      info: { engine: "RaftLog", cluster: LogProcess.cluster, durability },
      call: callNode(links, address),
      isClosed: () => isClosed
    })
  const leader = yield* leaderOf(
    links,
    places.map(({ listen }) => listen)
  )
  const other = places.findLast(({ listen }) => listen !== leader)!
  return { leader: logAt(leader), other: logAt(other.listen) } satisfies Subject
})

/** To the nodes this process is another one: of strangers they take no large bodies. */
const hello = { cluster: LogProcess.cluster, node: NodeId.make("laws") }

const Network = Links.layer({ seeds: [], hello }).pipe(
  Layer.provide(NodeTable.layer),
  Layer.provide(Halt.layer),
  Layer.provide(TcpTransport.layer)
)

/** The one that leads, once all know it. */
const leaderOf = (links: Links["Service"], addresses: ReadonlyArray<Address>) =>
  Effect.forEach(addresses, (address) => callNode(links, address)(Standing, undefined), {
    concurrency: "unbounded"
  }).pipe(
    Effect.map((all) => {
      const leader = all.findIndex(({ role }) => role === "leader")
      const address = addresses[leader]
      return all.every((standing) => standing.leader === address) ? address : undefined
    }),
    Effect.flatMap(Effect.fromNullishOr),
    Effect.retry(Schedule.spaced("20 millis")),
    Effect.orDie
  )
