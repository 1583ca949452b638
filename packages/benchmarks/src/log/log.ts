/** Replicated writes through the database, against what else keeps values in several places, or in one. */
import { type Benchmark, cpuPerOperationUs, type Metric, rate } from "../Benchmark.ts"
import type { Storage } from "../programs.ts"

const perSecond: Metric = { name: "per second", better: "more", of: rate }
const p50: Metric = { name: "p50 us", better: "less", of: ({ p50Us }) => p50Us }
const p99: Metric = { name: "p99 us", better: "less", of: ({ p99Us }) => p99Us }
const cpu: Metric = { name: "CPU us, all", better: "less", of: cpuPerOperationUs }

const module = (file: string, key: string, value: string): URL => {
  const url = new URL(`${file}.ts`, import.meta.url)
  url.searchParams.set(key, value)
  return url
}

const writes = (storage: Storage, title: string): Benchmark => ({
  name: `log-${storage}`,
  title,
  metrics: [perSecond, p50, p99, cpu],
  inFlight: [1, 64, 256],
  contenders: [
    ["distri, 3 nodes", "distri"],
    ["etcd, 3 nodes", "etcd"],
    ["JetStream, 3 replicas", "nats"],
    ["Redis, one server", "redis"],
    ["PostgreSQL, one server", "postgres"]
  ].map(([name, file]) => [name!, module(file!, "storage", storage)])
})

export const log: ReadonlyArray<Benchmark> = [
  writes("disk", "Writes of 200 bytes, on the disks of a majority"),
  writes("memory", "Writes of 200 bytes, in the memories of a majority")
]
