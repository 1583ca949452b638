/** What an entry costs as the log grows, and as followers fall silent; the load says how long or how many. */
import type { Load, Run } from "../Benchmark.ts"
import { Cluster } from "./Cluster.ts"
import { entriesPerSecond, payload } from "./load.ts"

const batchSize = 16

const withRetained = (retained: number): Cluster => {
  const cluster = new Cluster({ nodes: 3, retained })
  const batch = Array.from({ length: 256 }, payload)
  while (cluster.committed < retained) cluster.propose(batch)
  return cluster
}

const clusters: Readonly<Record<string, (load: number) => Cluster>> = {
  retained: withRetained,
  silent: (silent) => new Cluster({ nodes: 5, silent })
}

export const connect = async () => {
  const make = clusters[new URL(import.meta.url).searchParams.get("by") ?? ""]!
  let known: { readonly size: number; readonly cluster: Cluster } | undefined
  return (load: Load): Promise<Run> => {
    if (known?.size !== load.inFlight) {
      known = { size: load.inFlight, cluster: make(load.inFlight) }
    }
    const { cluster } = known
    return entriesPerSecond({ ...load, inFlight: batchSize }, (batch) => cluster.propose(batch))
  }
}
