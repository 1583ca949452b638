/** The document database against those that TypeScript programs embed, and against Redis. */
import { type Benchmark, cpuPerOperationUs, type Metric, rate } from "../Benchmark.ts"

const perSecond: Metric = { name: "per second", better: "more", of: rate }
const cpu: Metric = { name: "CPU us, both", better: "less", of: cpuPerOperationUs }
const usEach: Metric = {
  name: "us each",
  better: "less",
  of: ({ operations, seconds }) => (seconds / operations) * 1e6
}

/** One task of a contender's module: the module reads it from its own address. */
const contender = (name: string, file: string, task: string) => {
  const module = new URL(`${file}.ts`, import.meta.url)
  module.searchParams.set("task", task)
  return [name, module] as const
}

const against = (
  task: string,
  title: string,
  peers: ReadonlyArray<string>,
  rest: Partial<Benchmark> = {}
): Benchmark => ({
  name: `store-${task}`,
  title,
  metrics: [usEach, cpu],
  inFlight: [1],
  contenders: ["distri", ...peers].map((peer) => contender(peer, peer, task)),
  ...rest
})

const sizes = [10, 100, 1000, 10_000, 100_000, 1_000_000]

export const database: ReadonlyArray<Benchmark> = [
  against("scan", "Filter scan of 100,000 documents", ["mingo", "lokijs"]),
  against("find", "Indexed find of 10 among 100,000 documents", ["lokijs"]),
  against("get", "Read by id, typed (Redis: GET over loopback)", ["redis", "lokijs"], {
    metrics: [perSecond, cpu],
    inFlight: [1, 64]
  }),
  against("insert", "Insert with two indexes", ["lokijs", "redis"]),
  against("snapshot", "Write and read back a snapshot of 100,000 documents", ["lokijs", "redis"]),
  {
    name: "store-growth",
    title: "Cost by the number of documents (each ratio: against reading by id)",
    load: "documents",
    metrics: [usEach],
    inFlight: sizes,
    contenders: ["get", "find", "page", "insert", "update"].map((task) => [
      task,
      contender(task, "growth", task)[1]
    ])
  }
]
