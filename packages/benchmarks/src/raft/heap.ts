/**
 * Shows what the core allocates for an entry, by the function that allocates it.
 *
 *   node src/raft/heap.ts [--nodes 3] [--batch 16] [--entries 500000]
 */
import { Session } from "node:inspector/promises"
import { parseArgs } from "node:util"
import { Cluster } from "./Cluster.ts"
import { payload } from "./load.ts"

const { values } = parseArgs({
  options: {
    nodes: { type: "string", default: "3" },
    batch: { type: "string", default: "16" },
    entries: { type: "string", default: "500000" }
  }
})
const [nodes, batchSize, entries] = [values.nodes, values.batch, values.entries].map(Number) as [
  number,
  number,
  number
]

const cluster = new Cluster({ nodes })
const data = payload()
const proposeAll = (count: number) => {
  for (let done = 0; done < count; done += batchSize) {
    cluster.propose(Array.from({ length: batchSize }, () => data))
  }
}
proposeAll(entries / 5)

const session = new Session()
session.connect()
await session.post("HeapProfiler.startSampling", {
  samplingInterval: 4096,
  includeObjectsCollectedByMajorGC: true,
  includeObjectsCollectedByMinorGC: true
} as never)
proposeAll(entries)
const { profile } = await session.post("HeapProfiler.stopSampling")

const bytes = new Map<string, number>()
interface Node {
  readonly callFrame: {
    readonly functionName: string
    readonly url: string
    readonly lineNumber: number
  }
  readonly selfSize: number
  readonly children: ReadonlyArray<Node>
}
const walk = ({ callFrame, selfSize, children }: Node) => {
  const file = callFrame.url.split("/").slice(-2).join("/")
  const place = `${callFrame.functionName || "(anonymous)"} ${file}:${callFrame.lineNumber + 1}`
  if (selfSize > 0) bytes.set(place, (bytes.get(place) ?? 0) + selfSize)
  for (const child of children) walk(child)
}
walk(profile.head as Node)

const total = [...bytes.values()].reduce((sum, size) => sum + size, 0)
const line = (size: number, text: string) => `${(size / entries).toFixed(1).padStart(9)}  ${text}\n`
process.stdout.write(`bytes an entry, ${nodes} nodes, ${batchSize} entries a proposal\n`)
process.stdout.write(line(total, "all"))
for (const [place, size] of [...bytes].toSorted((a, b) => b[1] - a[1]).slice(0, 25)) {
  process.stdout.write(line(size, place))
}
