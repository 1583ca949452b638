/** A cloud of node processes on loopback, and a client of it in this process. */
import { Client } from "@distri/core/client/Client"
import { StatsService } from "@distri/core/service/PublicServices"
import { Address } from "@distri/core/transport/Address"
import * as DistriNode from "@distri/node/DistriNode"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Result from "effect/Result"
import type { ChildProcess } from "node:child_process"
import { once } from "node:events"
import { setTimeout as sleep } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import { freePorts } from "../freePorts.ts"
import * as Programs from "../programs.ts"
import { Entries } from "./Entries.ts"

export interface Node {
  readonly address: Address
  /** Where it keeps its part of the log. None: in memory. */
  readonly data: string | undefined
  readonly seeds: ReadonlyArray<Address>
  readonly process: ChildProcess
}

/** Starts `count` nodes at once; resolves when all are ready. */
export const start = async (
  count: number,
  storage: Programs.Storage
): Promise<ReadonlyArray<Node>> => {
  const addresses = (await freePorts(count)).map(addressOf)
  return Promise.all(
    addresses.map((address) =>
      startNode({
        address,
        data: storage === "disk" ? Programs.folder("node", storage) : undefined,
        seeds: addresses.filter((other) => other !== address)
      })
    )
  )
}

/** Resolves when it is ready. The same place again is the same node, restarted. */
export const startNode = async (place: Omit<Node, "process">): Promise<Node> => {
  const { address, data, seeds } = place
  const args = ["--listen", address, ...seeds.flatMap((seed) => ["--seeds", seed])]
  if (data !== undefined) args.push("--data", data)
  // Options for this process, a profile for example, are for the nodes too.
  const node = await Programs.start(process.execPath, [...process.execArgv, file, ...args], {
    stdio: ["ignore", "pipe", "inherit", "ipc"]
  })
  let lastWords = ""
  node.stdout!.on("data", (text) => (lastWords = String(text)))
  const failed = once(node, "exit").then(([status]) => {
    throw new Error(`node ${address} ended with ${status} before it was ready: ${lastWords}`)
  })
  await Promise.race([failed, once(node, "message")])
  failed.catch(() => {})
  return { ...place, process: node }
}

const file = fileURLToPath(new URL("node.ts", import.meta.url))

export const addressOf = (port: number): Address => Address.make(`127.0.0.1:${port}`)

/** With every default. The other nodes are learned from those that are given. */
export const connect = (seeds: ReadonlyArray<Address>): Promise<Client["Service"]> =>
  ManagedRuntime.make(Client.layer({ seeds }).pipe(Layer.provide(DistriNode.layer))).runPromise(
    Client
  )

/** The entries, as a client sees them. */
export const entriesOf = (client: Client["Service"]) => client.collection(Entries)
export type EntriesClient = ReturnType<typeof entriesOf>

/** Where the leader is in `nodes`. Waits for one. */
export const leaderAmong = (
  client: Client["Service"],
  nodes: ReadonlyArray<Node>
): Promise<number> =>
  waited("there was a leader", async () => {
    const stats = await Effect.runPromise(client.collectStats)
    const at = nodes.findIndex(({ address }) => {
      const own = stats.get(address)
      return own !== undefined && Result.isSuccess(own) && own.success.role === "leader"
    })
    return at >= 0 ? at : undefined
  })

/** Waits until `node` has applied what was `written`. */
export const caughtUp = (
  client: Client["Service"],
  { address }: Node,
  written: { readonly version: number }
): Promise<true> => {
  const ask = client.call(StatsService, undefined, { node: address, timeout: "2 seconds" })
  return waited(`${address} had caught up`, async () => {
    const stats = await Effect.runPromise(Effect.result(ask))
    return Result.isSuccess(stats) && stats.success.version >= written.version ? true : undefined
  })
}

const waitMaxMs = 120_000

const waited = async <A>(until: string, look: () => Promise<A | undefined>): Promise<A> => {
  const startMs = performance.now()
  while (performance.now() - startMs < waitMaxMs) {
    const seen = await look()
    if (seen !== undefined) return seen
    await sleep(20)
  }
  throw new Error(`it took over ${waitMaxMs / 1000} s until ${until}`)
}
