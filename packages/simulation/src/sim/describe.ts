/** A failure as text: the line that repeats it first. */
import { describeFault } from "./Faults.ts"
import { textOf } from "./Journal.ts"
import type { Report } from "./Report.ts"
import type { Smallest } from "./shrinkRun.ts"

/** How to run a failing seed again. */
export type RepeatLine = (report: Report<any, any>) => string

/** For a test: `Sim.search` and `Sim.passes` take the seed from the environment. */
export const inTests: RepeatLine = ({ seed, interleave }) =>
  `SEED=${seed} INTERLEAVE=${interleave} npx vitest run`

export const describeFailure = (report: Report<any, any>, repeat: RepeatLine = inTests): string =>
  report.broken.length === 0
    ? `seed ${report.seed} breaks no rule`
    : [
        repeat(report),
        ...report.broken.map(({ rule, detail, atMs }) => `${rule} after ${atMs} ms: ${detail}`),
        ...describeTrace(report)
      ].join("\n")

const describeTrace = ({ nodes, clients, faults, lastEvents }: Report<any, any>) => [
  `${nodes} nodes, ${clients} clients, ${faults.length} faults:`,
  ...faults.map((fault) => `  ${describeFault(fault)}`),
  `the last ${lastEvents.length} events:`,
  ...lastEvents
]

/** What is left of a failure that was made small. */
export const describeSmallest = ({ options: { rounds }, report, runs }: Smallest): string =>
  [
    `the smallest that breaks it, of ${runs} that were tried:`,
    `Sim.run({ ...options, ${textOf({ ...choices(report), rounds }).slice(1, -1)} })`,
    ...report.broken.map(({ rule, detail }) => `${rule}: ${detail}`),
    ...describeTrace(report)
  ].join("\n")

const choices = ({ seed, interleave, nodes, clients, faults }: Report<any, any>) => ({
  seed,
  interleave,
  nodes,
  clients,
  faults
})
