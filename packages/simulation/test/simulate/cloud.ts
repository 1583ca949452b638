/** `simulate cloud`: whole clouds, and the clients that judge them. */
import { writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import { describeFailure } from "../../src/sim/describe.ts"
import type { Report } from "../../src/sim/Report.ts"
import { shrinkRun } from "../../src/sim/shrinkRun.ts"
import * as Sim from "../../src/sim/Sim.ts"
import { type CloudRun, cloudOptions } from "../cloud/cloud.ts"
import { help, parse, runsOf } from "./cloudOptions.ts"
import { wholeOf } from "./commandLine.ts"
import { print, progress } from "./progress.ts"
import { search } from "./search.ts"

interface Failure {
  readonly run: CloudRun
  readonly report: Report
}

interface Done {
  readonly ran: number
  readonly simulatedMs: number
  readonly events: number
  readonly calls: number
  readonly answered: number
  readonly faults: number
  readonly failures: ReadonlyArray<Failure>
}

const nothing: Done = {
  ran: 0,
  simulatedMs: 0,
  events: 0,
  calls: 0,
  answered: 0,
  faults: 0,
  failures: []
}

/** One seed of so many is run twice, and has to end with the same hash (SIM1). */
const twiceEvery = 20

const runOne = async (run: CloudRun): Promise<Done> => {
  const runOnce = run.seed % twiceEvery === 0 ? Sim.runTwice : Sim.run
  const report = await Effect.runPromise(runOnce(cloudOptions(run)))
  const { history, events, simulatedMs, faults, broken } = report
  return {
    ran: 1,
    simulatedMs,
    events,
    calls: history.length,
    answered: history.filter(({ outcome }) => outcome !== undefined).length,
    faults: faults.length,
    // Too long to be told from one process to the other.
    failures: broken.length === 0 ? [] : [{ run, report: { ...report, history: [] } }]
  }
}

const added = (left: Done, right: Done): Done => ({
  ran: left.ran + right.ran,
  simulatedMs: left.simulatedMs + right.simulatedMs,
  events: left.events + right.events,
  calls: left.calls + right.calls,
  answered: left.answered + right.answered,
  faults: left.faults + right.faults,
  failures: [...left.failures, ...right.failures]
})

/** What one process does with some seeds. */
export const work = async (runs: ReadonlyArray<CloudRun>): Promise<Done> => {
  let done = nothing
  for (const run of runs) done = added(done, await runOne(run))
  return done
}

export const repeatLine = (run: CloudRun, faultsFile: string | undefined): string => {
  const { seed, interleave, nodes, seconds, hasDisk, breaks = {}, clients, rounds } = run
  const words = [
    `--seed ${seed}`,
    `--nodes ${nodes}`,
    ...(interleave === undefined ? [] : [`--interleave ${interleave}`]),
    ...(seconds === 60 ? [] : [`--seconds ${seconds}`]),
    ...(hasDisk === true ? ["--disk"] : []),
    ...(clients === undefined ? [] : [`--clients ${clients}`]),
    ...(rounds === undefined ? [] : [`--rounds ${rounds}`]),
    ...Object.keys(breaks).map((name) => `--break ${name}`),
    ...(faultsFile === undefined ? [] : [`--faults ${faultsFile}`])
  ]
  return `npx -y pnpm@12 simulate cloud ${words.join(" ")}`
}

const inShort = ({ run: { seed, nodes }, report: { broken } }: Failure): string =>
  `seed ${seed}, ${nodes} nodes: ${broken.map(({ rule, detail }) => `${rule} ${detail.split("\n")[0]}`).join("; ")}`

/** The faults of a run whose line would draw others. */
const kept = (run: CloudRun, faults: Report["faults"]): string => {
  const file = join(tmpdir(), `distri-faults-${run.seed}-${process.pid}.json`)
  writeFileSync(file, `${JSON.stringify(faults, undefined, 2)}\n`)
  return file
}

const tell = (
  { run, report }: Failure,
  { kinds, shrink, faults }: ReturnType<typeof parse>["values"]
): void => {
  const drawn = faults === undefined && kinds !== undefined ? ` --kinds ${kinds}` : ""
  const line = `${repeatLine(run, faults)}${drawn}`
  print(describeFailure(report, () => line))
  if (!shrink) return
  const small = shrinkRun(cloudOptions(run), report, 200)
  if (small === undefined)
    return print("\nit did not fail again, so there is nothing to make small")
  const { nodes, clients, rounds } = small.options
  const smaller = { ...run, nodes, clients, rounds }
  print(`\nsmallest after ${small.runs} runs:`)
  print(describeFailure(small.report, () => repeatLine(smaller, kept(run, small.report.faults))))
}

export const main = async (args: ReadonlyArray<string>): Promise<void> => {
  const { values } = parse(args)
  if (values.help) return print(help)
  const runs = runsOf(values)
  let total = nothing
  const report = progress(runs.length)
  await search<CloudRun, Done>({
    subject: "cloud",
    runs,
    chunk: 1,
    jobs: wholeOf("jobs", values.jobs, 1),
    work,
    onDone: (done) => {
      total = added(total, done)
      report(done, false)
      if (values.all) for (const failure of done.failures) print(inShort(failure))
      return done.failures.length > 0 && !values.all
    }
  })
  report(nothing, true)
  print(`${total.calls} calls, ${total.answered} answered, ${total.faults} faults`)
  const failures = total.failures.toSorted((left, right) => left.run.seed - right.run.seed)
  const [first] = failures
  if (first === undefined) return
  process.exitCode = 1
  tell(first, values)
}
