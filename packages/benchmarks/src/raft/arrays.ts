/**
 * The floor: what no implementation can save. Each node keeps the same entries in an array, a message is
 * made for each follower and an answer comes back, and nothing is decided.
 */
import type { Load, Run } from "../Benchmark.ts"
import { entriesPerSecond } from "./load.ts"

interface Stored {
  readonly term: number
  readonly index: number
  readonly data: Uint8Array
}

const retained = 1000

export const connect = async () => {
  const nodes = Number(new URL(import.meta.url).searchParams.get("nodes"))
  const logs = Array.from({ length: nodes }, () => [] as Array<Stored>)
  const matched = Array.from({ length: nodes }, () => 0)
  let last = 0
  return (load: Load): Promise<Run> =>
    entriesPerSecond(load, (batch) => {
      const entries = batch.map((data): Stored => ({ term: 1, index: ++last, data }))
      for (const [node, log] of logs.entries()) {
        const message = { from: 0, to: node, prevIndex: last - entries.length, entries }
        log.push(...message.entries)
        const answer = { from: message.to, to: message.from, index: log.at(-1)!.index }
        matched[answer.from] = answer.index
        if (log.length > retained * 1.5) log.splice(0, log.length - retained)
      }
      if (Math.min(...matched) !== last) throw new Error("an entry was lost")
    })
}
