/**
 * Searches seeds of the simulated cloud for broken rules, or repeats one seed. See `--help`.
 */
import { writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { describeFailure } from "../src/raft/describe.ts"
import { shrinkRun } from "../src/raft/shrinkRun.ts"
import { complain, wholeOf } from "./simulate/commandLine.ts"
import { help, parse, runsOf } from "./simulate/options.ts"
import { type Done, type Failure, search, type Task, work } from "./simulate/search.ts"
import { addStats, describeStats, noStats } from "./simulate/stats.ts"

const print = (line: string) => process.stdout.write(`${line}\n`)

const progress = (started: bigint, total: number) => {
  let ran = 0
  let simulatedMs = 0
  let events = 0
  let told = 0
  return (done: Done, isLast: boolean) => {
    ran += done.ran
    simulatedMs += done.simulatedMs
    events += done.events
    const ms = Number(process.hrtime.bigint() - started) / 1e6
    if (!isLast && ms - told < 5_000) return
    told = ms
    const hours = (simulatedMs / 3_600_000).toFixed(1)
    const speed = Math.round(simulatedMs / ms)
    const rate = Math.round(events / ms)
    print(
      `${ran} of ${total} seeds, ${hours} simulated hours, ${speed} simulated seconds a second, ` +
        `${rate},000 events a second`
    )
  }
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

const main = async (): Promise<void> => {
  const { values, positionals } = parse()
  if (values.help) {
    print(help)
    return
  }
  if (positionals.join(" ") !== "raft") {
    complain(`what to simulate is "raft", not ${JSON.stringify(positionals.join(" "))}; see --help`)
  }
  const runs = runsOf(values)
  const failures: Array<Failure> = []
  let stats = noStats
  const report = progress(process.hrtime.bigint(), runs.length)
  await search(runs, wholeOf("jobs", values.jobs, 1), values.all, (done) => {
    failures.push(...done.failures)
    stats = addStats(stats, done.stats)
    report(done, false)
  })
  report({ ran: 0, simulatedMs: 0, events: 0, stats: noStats, failures: [] }, true)
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

// A child is told its tasks, and asks for the next one by telling what came of the last.
if (process.send === undefined) await main()
else process.on("message", (task: Task) => process.send!(work(task)))
