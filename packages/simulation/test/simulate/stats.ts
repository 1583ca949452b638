/** What happened in many runs, so that a search in which nothing happens is seen. */
import type { RunStats } from "../../src/raft/Report.ts"

export type Totals = Readonly<Record<keyof RunStats | "runs", number>>

export const noStats: Totals = {
  runs: 0,
  elections: 0,
  commits: 0,
  acknowledged: 0,
  reads: 0,
  refused: 0,
  snapshots: 0,
  installs: 0,
  crashes: 0,
  disksLost: 0,
  confChanges: 0,
  healed: 0,
  minoritiesCut: 0,
  lateElections: 0,
  quorumLost: 0,
  messages: 0,
  dropped: 0
}

export const addStats = (left: Totals, right: Totals): Totals => {
  const sum = { ...left } as Record<keyof Totals, number>
  for (const name of Object.keys(sum) as Array<keyof Totals>) sum[name] += right[name]
  return sum
}

/** One line. */
export const describeStats = (stats: Totals): string =>
  `${stats.elections} elections, ${stats.commits} entries applied, ${stats.acknowledged} writes and ` +
  `${stats.reads} reads answered, ${stats.installs} snapshots installed, ${stats.confChanges} changes of ` +
  `membership applied, ${stats.crashes} crashes, ${stats.disksLost} disks lost, ` +
  `${stats.minoritiesCut} minorities cut off, ${stats.lateElections} late elections, ` +
  `${stats.runs - stats.healed} runs not judged by RA18`
