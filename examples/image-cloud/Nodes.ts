/**
 * What the nodes of a cloud say about themselves.
 */
import { type Address, Client, Stats } from "@distri/core"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"

export type Reports = ReadonlyMap<string, Stats.Stats>

/** The reports of all nodes that answer. A client of its own asks, so a load does not hold it up. */
export const reports = (seeds: ReadonlyArray<Address.Address>) =>
  Effect.gen(function* () {
    const client = yield* Client
    const all = yield* client.collectStats
    const answered = new Map<string, Stats.Stats>()
    for (const [address, stats] of all) {
      if (Result.isSuccess(stats)) answered.set(address, stats.success)
    }
    return answered as Reports
  }).pipe(Effect.provide(Client.layer({ seeds })))

/** Each node's completed tasks, and the mean time its handlers took. */
export interface Work {
  readonly shares: ReadonlyMap<string, number>
  readonly completionMs: number
}

/** What was done between two reports. A node that died has taken its numbers with it. */
export const workSince = (before: Reports, after: Reports): Work => {
  const shares = new Map<string, number>()
  let completed = 0
  let taskTimeMs = 0
  for (const [address, stats] of after) {
    const old = before.get(address)
    const share = stats.completed - (old?.completed ?? 0)
    shares.set(address, share)
    completed += share
    taskTimeMs += stats.taskTimeMs - (old?.taskTimeMs ?? 0)
  }
  return { shares, completionMs: completed === 0 ? 0 : taskTimeMs / completed }
}

export const render = (all: Reports): string => [...all.values()].map(Stats.render).join("\n\n")
