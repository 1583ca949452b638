/** Replicated writes through the database, against what else keeps values in several places, or in one. */
import { type Benchmark, cpuPerOperationUs, type Metric, rate } from "../Benchmark.ts"
import type { Storage } from "../programs.ts"

const perSecond: Metric = { name: "per second", better: "more", of: rate }
const p50: Metric = { name: "p50 us", better: "less", of: ({ p50Us }) => p50Us }
const p99: Metric = { name: "p99 us", better: "less", of: ({ p99Us }) => p99Us }
const cpu: Metric = { name: "CPU us, all", better: "less", of: cpuPerOperationUs }

const seconds: Metric = { name: "seconds", better: "less", of: ({ seconds }) => seconds }
const megabytes: Metric = { name: "MB per second", better: "more", of: rate }
const ms: Metric = {
  name: "ms until answered",
  better: "less",
  of: ({ seconds }) => seconds * 1000
}
const seen = (key: string, name: string, better: Metric["better"]): Metric => ({
  name,
  better,
  of: ({ seen }) => seen![key]!
})

const module = (file: string, options: Readonly<Record<string, string>>): URL => {
  const url = new URL(`${file}.ts`, import.meta.url)
  url.search = String(new URLSearchParams(options))
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
  ].map(([name, file]) => [name!, module(file!, { storage })])
})

/** Each alone on the machine: the nodes of another cloud would take their share of it. */
const growth = (storage: Storage): Benchmark => ({
  name: `log-growth-${storage}`,
  title: `Writes at 64 in flight, by the number of nodes, ${storage}`,
  load: "nodes",
  metrics: [perSecond, p50, p99, cpu],
  inFlight: [1, 3, 5, 7],
  contenders: [["distri", module("growth", { storage })]]
})

const failover = (name: string, signal: NodeJS.Signals, title: string): Benchmark => ({
  name: `failover-${name}`,
  title,
  load: "nodes",
  metrics: [ms, seen("longestMs", "longest write, ms", "less"), seen("failed", "failed", "less")],
  inFlight: [3],
  rounds: 20,
  contenders: (["disk", "memory"] as const).map((storage) => [
    storage,
    module("failover", { storage, signal })
  ])
})

const redisGet = new URL("../database/redis.ts?task=get", import.meta.url)

export const log: ReadonlyArray<Benchmark> = [
  writes("disk", "Writes of 200 bytes, on the disks of a majority"),
  writes("memory", "Writes of 200 bytes, in the memories of a majority"),
  {
    name: "log-read",
    title: "Reads by id through the client (each ratio: of local reads)",
    metrics: [perSecond, p50, p99, cpu],
    inFlight: [1, 64],
    contenders: [
      ...["local", "session", "bounded", "linearizable"].map(
        (consistency) => [`distri, ${consistency}`, module("read", { consistency })] as const
      ),
      ["Redis, GET", redisGet]
    ]
  },
  growth("disk"),
  growth("memory"),
  {
    name: "log-catch-up",
    title: "A fourth node joins while others write",
    load: "MB in the cloud",
    metrics: [seconds, megabytes, seen("keptPercent", "writes kept, %", "more")],
    inFlight: [100],
    contenders: ["1", "64"].map((writers) => [
      `${writers} in flight`,
      module("catchUp", { storage: "disk", writers })
    ])
  },
  failover("kill", "SIGKILL", "The leader is killed"),
  failover("term", "SIGTERM", "The leader is asked to stop")
]
