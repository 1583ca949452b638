/** The nodes of the scenario, and a client for each way to reach them. */
import { Client, type Stats } from "@distri/core"
import { DistriNode } from "@distri/node"
import { Context, Effect, Layer, Result } from "effect"
import * as FreePorts from "../FreePorts.ts"
import * as Processes from "../Processes.ts"

export interface Reached extends Processes.NodeProcess {
  /** A client that has a connection to this node alone, so that all it asks goes there. */
  readonly client: Client["Service"]
}

/** Three processes. `everywhere`: a client that knows all of them. */
export const start = Effect.gen(function* () {
  const addresses = yield* FreePorts.find(3)
  const nodes = yield* Processes.start(addresses)
  const [first, second, third] = yield* Effect.forEach(nodes, (node) =>
    Effect.map(connect([node.address], 1), (client): Reached => ({ ...node, client }))
  )
  return {
    addresses,
    first: first!,
    second: second!,
    third: third!,
    everywhere: yield* connect(addresses, 3)
  }
})

export type Cloud = Effect.Success<typeof start>

/** A client that keeps `warm` connections. */
const connect = (seeds: ReadonlyArray<string>, warm: number) =>
  Layer.build(Client.layer({ seeds, warm }).pipe(Layer.provide(DistriNode.layer))).pipe(
    Effect.map((context) => Context.get(context, Client))
  )

/** How often the node at `address` has answered `service`. */
export const answered = ({ everywhere }: Cloud, address: string, service: string) =>
  Effect.map(everywhere.collectStats, (all) => {
    const stats = all.get(address)
    if (stats === undefined || Result.isFailure(stats)) return 0
    return completed(stats.success, service)
  })

const completed = ({ services }: Stats.Stats, service: string) =>
  services.find(({ name }) => name === service)?.completed ?? 0
