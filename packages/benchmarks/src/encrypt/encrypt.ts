/** The Encrypt service, one picture at a time, against what a program with sharp would write. */
import { type Benchmark, cpuPerOperationUs } from "../Benchmark.ts"

export const encrypt: Benchmark = {
  name: "encrypt",
  title: "Encrypt a picture of 600 x 400",
  inFlight: [1],
  metrics: [
    { name: "ms", better: "less", of: ({ p50Us }) => p50Us / 1000 },
    { name: "CPU ms", better: "less", of: (run) => cpuPerOperationUs(run) / 1000 },
    { name: "kB", better: "less", of: ({ resultBytes = 0 }) => resultBytes / 1000 }
  ],
  contenders: [
    ["distri", new URL("distri.ts", import.meta.url)],
    ["stock sharp, level 6", new URL("stockSharp.ts", import.meta.url)]
  ]
}
