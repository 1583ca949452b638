/** Proposals through the core, by the number of nodes and the entries in a proposal. */
import type { Load, Run } from "../Benchmark.ts"
import { Cluster } from "./Cluster.ts"
import { entriesPerSecond } from "./load.ts"

export const connect = async () => {
  const nodes = Number(new URL(import.meta.url).searchParams.get("nodes"))
  const cluster = new Cluster({ nodes })
  return (load: Load): Promise<Run> => entriesPerSecond(load, (batch) => cluster.propose(batch))
}
