/** Bodies of 1 MB go there and come back, as bytes. */
import { type Benchmark, cpuPerOperationUs, rate } from "../Benchmark.ts"

export const bulk: Benchmark = {
  name: "bulk",
  title: "Echo of 1 MB",
  inFlight: [1, 8],
  metrics: [
    { name: "MB/s one way", better: "more", of: rate },
    { name: "p99 us", better: "less", of: ({ p99Us }) => p99Us },
    { name: "CPU us, both", better: "less", of: cpuPerOperationUs }
  ],
  contenders: [
    ["distri", new URL("distri.ts", import.meta.url)],
    ["raw TCP", new URL("rawTcp.ts", import.meta.url)]
  ]
}

export const bodyBytes = 1_000_000
