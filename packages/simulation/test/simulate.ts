/**
 * Searches seeds of the simulated cloud for broken rules, or repeats one seed. See `--help`.
 *
 * The seeds are run by child processes that run this file too; each asks for the next ones when it is done.
 */
import { type ChildProcess, fork } from "node:child_process"
import { readFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { parseArgs } from "node:util"
import { type Breaks, brokenRules, isBreak } from "../src/raft/Breaks.ts"
import { describeFailure } from "../src/raft/describe.ts"
import type { Fault } from "../src/raft/Fault.ts"
import type { Report, RunOptions } from "../src/raft/Report.ts"
import { shrinkRun } from "../src/raft/shrinkRun.ts"
import { runTwice } from "../src/raft/Simulation.ts"

const help = `Runs raft on a simulated network, disk and clock, and checks all rules after every event.

  pnpm simulate raft [options]

  --seeds N        how many seeds to run (default 200)
  --from SEED      the first of them (default 1)
  --seed S         this seed only
  --nodes 3,5,7    founding voters; several are taken in turn by seed (default 3,5,7)
  --seconds T      simulated seconds with faults (default 60); some 20 for the healing come on top
  --break NAME     builds with one rule broken; may be repeated
  --faults FILE    a list of faults as JSON, in place of those of the seed
  --shrink         makes the first failure small: fewer faults, clients and machines
  --all            goes on after a failure, and counts failures by rule
  --jobs J         processes (default: one for each core)
  --help           this

It prints the first broken rule with the line that repeats it, the last events and the faults, and exits
with 1; with 0 if nothing broke. A run depends on its options alone.

Breaks, and the rule each is made to break:
${Object.entries(brokenRules)
  .map(([name, rule]) => `  ${name.padEnd(24)} ${rule}`)
  .join("\n")}
`

/** What a child process is told to do, and what it tells. */
interface Task {
  readonly runs: ReadonlyArray<RunOptions>
}

interface Done {
  readonly ran: number
  readonly simulatedMs: number
  readonly events: number
  readonly failures: ReadonlyArray<{ readonly options: RunOptions; readonly report: Report }>
}

const chunk = 10

const work = ({ runs }: Task): Done => {
  let simulatedMs = 0
  let events = 0
  const failures: Array<Done["failures"][number]> = []
  for (const options of runs) {
    const report = runTwice(options)
    simulatedMs += report.simulatedMs
    events += report.events
    if (report.broken !== undefined) failures.push({ options, report })
  }
  return { ran: runs.length, simulatedMs, events, failures }
}

const print = (line: string) => process.stdout.write(`${line}\n`)

const complain = (problem: string): never => {
  process.stderr.write(`${problem}\n`)
  process.exit(2)
}

const numberOf = (name: string, text: string): number =>
  /^\d+(\.\d+)?$/.test(text) ? Number(text) : complain(`--${name} is no number: ${text}`)

const nodesOf = (text: string): RunOptions["nodes"] => {
  const nodes = Number(text)
  if (nodes === 1 || nodes === 3 || nodes === 5 || nodes === 7) return nodes
  return complain(`--nodes is 1, 3, 5 or 7, or several of them: ${text}`)
}

const breaksOf = (names: ReadonlyArray<string>): Breaks => {
  const unknown = names.find((name) => !isBreak(name))
  if (unknown !== undefined) complain(`no break is called ${unknown}; see --help`)
  return Object.fromEntries(names.map((name) => [name, true]))
}

const parse = () =>
  parseArgs({
    allowPositionals: true,
    options: {
      seeds: { type: "string", default: "200" },
      from: { type: "string", default: "1" },
      seed: { type: "string" },
      nodes: { type: "string", default: "3,5,7" },
      seconds: { type: "string", default: "60" },
      break: { type: "string", multiple: true, default: [] },
      faults: { type: "string" },
      shrink: { type: "boolean", default: false },
      all: { type: "boolean", default: false },
      jobs: { type: "string", default: String(availableParallelism()) },
      help: { type: "boolean", default: false }
    }
  })

type Options = ReturnType<typeof parse>["values"]

const runsOf = (values: Options): ReadonlyArray<RunOptions> => {
  const sizes = values.nodes.split(",").map(nodesOf)
  const seconds = numberOf("seconds", values.seconds)
  const only = values.seed === undefined ? undefined : numberOf("seed", values.seed)
  const from = only ?? numberOf("from", values.from)
  const count = only === undefined ? numberOf("seeds", values.seeds) : 1
  const breaks = breaksOf(values.break)
  const faults: ReadonlyArray<Fault> | undefined =
    values.faults === undefined ? undefined : JSON.parse(readFileSync(values.faults, "utf8"))
  return Array.from({ length: count }, (_, at) => ({
    seed: from + at,
    nodes: sizes[(from + at) % sizes.length]!,
    ...(seconds === 60 ? {} : { durationMs: seconds * 1_000 }),
    ...(faults === undefined ? {} : { faults }),
    breaks
  }))
}

/** Runs all of `runs`, until the first failure unless `goesOn`. */
const search = async (
  runs: ReadonlyArray<RunOptions>,
  jobs: number,
  goesOn: boolean,
  onDone: (done: Done) => void
): Promise<void> => {
  let next = 0
  let isOver = false
  const pull = (): Task => {
    const task = { runs: isOver ? [] : runs.slice(next, next + chunk) }
    next += chunk
    return task
  }
  const take = (done: Done) => {
    onDone(done)
    if (done.failures.length > 0 && !goesOn) isOver = true
  }
  if (runs.length <= chunk || jobs <= 1) {
    for (let task = pull(); task.runs.length > 0; task = pull()) take(work(task))
    return
  }
  const child = async () => {
    const worker = fork(import.meta.filename, { serialization: "advanced" })
    try {
      for (let task = pull(); task.runs.length > 0; task = pull()) take(await ask(worker, task))
    } finally {
      worker.disconnect()
    }
  }
  await Promise.all(Array.from({ length: Math.min(jobs, runs.length) }, child))
}

const ask = (worker: ChildProcess, task: Task): Promise<Done> =>
  new Promise((resolve, reject) => {
    const onExit = () => reject(new Error("a process that ran seeds ended"))
    worker.once("exit", onExit)
    worker.once("message", (done: Done) => {
      worker.off("exit", onExit)
      resolve(done)
    })
    worker.send(task)
  })

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

const tell = (options: RunOptions, report: Report, shrinks: boolean): void => {
  print(describeFailure(options, report))
  if (!shrinks) return
  const small = shrinkRun(options, report.clients)
  print(`\nsmallest after ${small.runs} runs, with ${small.options.clients} clients:`)
  print(describeFailure(small.options, small.report))
  print(`as a file for --faults: ${JSON.stringify(small.options.faults)}`)
}

const main = async (): Promise<void> => {
  const { values, positionals } = parse()
  if (values.help) {
    print(help)
    return
  }
  if (positionals.join(" ") !== "raft") complain(`what to simulate is "raft"; see --help`)
  const runs = runsOf(values)
  const failures: Array<Done["failures"][number]> = []
  const report = progress(process.hrtime.bigint(), runs.length)
  await search(runs, numberOf("jobs", values.jobs), values.all, (done) => {
    failures.push(...done.failures)
    report(done, false)
  })
  report({ ran: 0, simulatedMs: 0, events: 0, failures: [] }, true)
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
  tell(first.options, first.report, values.shrink)
}

// A child is told its tasks, and asks for the next one by telling what came of the last.
if (process.send === undefined) await main()
else process.on("message", (task: Task) => process.send!(work(task)))
