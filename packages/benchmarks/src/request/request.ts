/** Small typed requests: an object of about 100 bytes of JSON goes there and comes back. */
import { type Benchmark, cpuPerOperationUs, rate } from "../Benchmark.ts"

export const request: Benchmark = {
  name: "request",
  title: "Request and response, 100 bytes",
  inFlight: [1, 64, 256],
  metrics: [
    { name: "requests/s", better: "more", of: rate },
    { name: "p50 us", better: "less", of: ({ p50Us }) => p50Us },
    { name: "p99 us", better: "less", of: ({ p99Us }) => p99Us },
    { name: "CPU us, both", better: "less", of: cpuPerOperationUs }
  ],
  contenders: [
    ["distri", new URL("distri.ts", import.meta.url)],
    ["raw JSON over TCP", new URL("rawJson.ts", import.meta.url)],
    ["Moleculer, TCP", new URL("moleculer.ts", import.meta.url)],
    ["Effect RPC, TCP", new URL("effectRpc.ts", import.meta.url)]
  ]
}
