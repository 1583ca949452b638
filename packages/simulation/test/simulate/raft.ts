/** `simulate raft`: the consensus core alone. */
import { writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describeFailure } from "../../src/raft/describe.ts"
import type { Report, RunOptions } from "../../src/raft/Report.ts"
import { shrinkRun } from "../../src/raft/shrinkRun.ts"
import { runTwice } from "../../src/raft/Simulation.ts"
import { wholeOf } from "./commandLine.ts"
import { help, parse, runsOf } from "./options.ts"
import { print, progress } from "./progress.ts"
import { search } from "./search.ts"
import { addStats, describeStats, noStats, type Totals } from "./stats.ts"

interface Failure {
  readonly options: RunOptions
  readonly report: Report
}

interface Done {
  readonly ran: number
  readonly simulatedMs: number
  readonly events: number
  readonly stats: Totals
  readonly failures: ReadonlyArray<Failure>
}

/** What one process does with some seeds. */
export const work = (runs: ReadonlyArray<RunOptions>): Done => {
  let simulatedMs = 0
  let events = 0
  let stats = noStats
  const failures: Array<Failure> = []
  for (const options of runs) {
    const report = runTwice(options)
    simulatedMs += report.simulatedMs
    events += report.events
    stats = addStats(stats, { runs: 1, ...report.stats })
    if (report.broken !== undefined) failures.push({ options, report })
  }
  return { ran: runs.length, simulatedMs, events, stats, failures }
}

const tell = (
  { options, report }: Failure,
  shrinks: boolean,
  faultsFile: string | undefined
): void => {
  print(describeFailure(options, report, faultsFile))
  if (!shrinks) return
  const small = shrinkRun(options, report.clients)
  const file = join(tmpdir(), `distri-faults-${options.seed}-${process.pid}.json`)
  writeFileSync(file, `${JSON.stringify(small.options.faults, undefined, 2)}\n`)
  print(`\nsmallest after ${small.runs} runs, with ${small.options.clients} clients:`)
  print(describeFailure(small.options, small.report, file))
}

export const main = async (args: ReadonlyArray<string>): Promise<void> => {
  const { values } = parse(args)
  if (values.help) return print(help)
  const runs = runsOf(values)
  const failures: Array<Failure> = []
  let stats = noStats
  const report = progress(runs.length)
  await search<RunOptions, Done>({
    subject: "raft",
    runs,
    chunk: 10,
    jobs: wholeOf("jobs", values.jobs, 1),
    work,
    onDone: (done) => {
      failures.push(...done.failures)
      stats = addStats(stats, done.stats)
      report(done, false)
      return done.failures.length > 0 && !values.all
    }
  })
  report({ ran: 0, simulatedMs: 0, events: 0 }, true)
  print(describeStats(stats))
  const first = failures.toSorted((left, right) => left.options.seed - right.options.seed)[0]
  if (first === undefined) return
  process.exitCode = 1
  if (values.all) {
    for (const { options, report: failed } of failures) {
      print(
        `seed ${options.seed}, ${options.nodes} nodes: ${failed.broken!.rule} ${failed.broken!.detail}`
      )
    }
  }
  tell(first, values.shrink, values.faults)
}
