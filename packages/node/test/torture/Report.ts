/** What a run came to, for people and as JSON. */
import type { Finding } from "./Findings.ts"
import type { Grown } from "./Vitals.ts"
import type { Counts } from "./workload/Tally.ts"

export interface Report {
  readonly seed: number
  readonly minutes: number
  readonly nodes: number
  readonly storage: "disk" | "memory"
  readonly passed: boolean
  readonly operations: Readonly<Record<string, Counts>>
  readonly total: Counts
  /** Stretches of the workload that were judged, each with documents of its own. */
  readonly windows: number
  readonly faults: Readonly<Record<string, number>>
  readonly skipped: Readonly<Record<string, string>>
  /** The longest time without an acknowledged write, by the kinds of faults at work meanwhile. */
  readonly stallMs: Readonly<Record<string, number>>
  /** From the end of all faults, and the start of the nodes that were away, until all served. */
  readonly healedMs: number
  readonly vitals: ReadonlyArray<Grown>
  readonly findings: ReadonlyArray<Finding>
  /** Kept: logs and data of the nodes, and histories that cannot be. */
  readonly folder?: string
}

export const render = (report: Report): string => {
  const { faults, findings, folder, healedMs, operations, skipped, stallMs, total, vitals } = report
  const lines = [
    `${report.minutes} minutes, ${report.nodes} nodes, ${report.storage}, seed ${report.seed}`,
    `operations: ${counts(total)}, judged in ${report.windows} windows`,
    ...Object.entries(operations).map(([kind, of]) => `  ${kind.padEnd(24)}${counts(of)}`),
    "faults, and the longest time without an acknowledged write meanwhile:",
    ...Object.entries(stallMs).map(
      ([kind, ms]) =>
        `  ${kind.padEnd(24)}${String(faults[kind] ?? "-").padStart(4)}  ${(ms / 1000).toFixed(1)} s`
    ),
    ...Object.entries(skipped).map(([kind, reason]) => `  ${kind.padEnd(24)}skipped: ${reason}`),
    "nodes: most memory, growth; most open files, growth",
    ...vitals.map(
      ({ filesGrowth, filesMax, node, residentGrowthMiB, residentMaxMiB }) =>
        `  ${node.padEnd(24)}${residentMaxMiB} MiB, ${residentGrowthMiB} MiB; ${filesMax}, ${filesGrowth}`
    ),
    `served by all ${(healedMs / 1000).toFixed(1)} s after the last node was ready`,
    ...findings.map(({ atSeconds, kind, what }) => `BROKEN (${kind}, at ${atSeconds} s) ${what}`),
    ...(folder === undefined
      ? []
      : [
          `logs and data are in ${folder}; to look at a disk: mount -o loop ${folder}/n1.disk FOLDER`
        ]),
    report.passed ? "passed: every promise held" : `FAILED: ${findings.length} findings`
  ]
  return `${lines.join("\n")}\n`
}

const counts = ({ ok, refused, unknown }: Counts): string =>
  `${ok} ok, ${refused} refused, ${unknown} unknown`
