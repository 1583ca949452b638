/** The consensus core by itself. No library of npm has a core that can be driven without I/O: the floor is plain arrays. */
import { type Benchmark, cpuPerOperationUs, type Metric, rate } from "../Benchmark.ts"

const perSecond: Metric = { name: "entries per second", better: "more", of: rate }
const cpu: Metric = { name: "CPU us each", better: "less", of: cpuPerOperationUs }

const module = (file: string, key: string, value: string): URL => {
  const url = new URL(`${file}.ts`, import.meta.url)
  url.searchParams.set(key, value)
  return url
}

const proposals = (nodes: number): Benchmark => ({
  name: `raft-${nodes}`,
  title: `Proposals of 100 bytes through ${nodes} cores in one process`,
  load: "entries in a proposal",
  metrics: [perSecond, cpu],
  inFlight: [1, 16, 256],
  contenders: ["distri", "arrays"].map((name) => [name, module(name, "nodes", String(nodes))])
})

const growth = (
  by: string,
  load: string,
  title: string,
  inFlight: ReadonlyArray<number>
): Benchmark => ({
  name: `raft-${by}`,
  title,
  load,
  metrics: [perSecond],
  inFlight,
  contenders: [["distri", module("growth", "by", by)]]
})

export const raft: ReadonlyArray<Benchmark> = [
  proposals(3),
  proposals(5),
  growth(
    "retained",
    "entries retained",
    "Cost by the length of the log, 3 nodes, 16 entries a proposal",
    [100, 1000, 10_000, 100_000, 1_000_000]
  ),
  growth(
    "silent",
    "silent followers",
    "Cost by followers that get nothing, 5 nodes, 16 entries a proposal",
    [0, 1, 2]
  )
]
