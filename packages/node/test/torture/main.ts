/** Tortures a cloud of real processes: `pnpm torture --minutes 5`. See `--help`. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Runtime from "effect/Runtime"
import { parseArgs } from "node:util"
import * as Report from "./Report.ts"
import * as Torture from "./Torture.ts"

const help = `Runs a cloud of real processes, does to it what may happen to a cloud, and judges what clients saw.

  pnpm torture [options]

  --minutes N   how long faults happen (2)
  --nodes N     nodes that stay; one more comes and goes (3)
  --memory      nodes keep all in memory, and one is away at a time; default: on disks
  --clients N   clients, each with connections of its own (10)
  --seed N      draws the faults and the operations (random); what comes of them also depends on time
  --faults A,B  only faults whose kind begins so: kill, stop, pause, isolate, cut, split, slow, reset,
                leave, spare, lose, full, clock; none: no faults
  --keep        keeps the folder with the logs and data of the nodes; a failed run keeps it anyway
  --json        the report as JSON on stdout, everything else on stderr
  --help

Judged: every document is linearizable; what was acknowledged is there, once, on every node; what was
refused never happened; no node ends by itself; after the last fault, and 90 s at most to start again,
all nodes serve within 20 s and have the same within 20 s more; memory and open files stay under a
limit, and in runs of 5 minutes or more do not grow. The status is 0 when all of it held, and 1 when not.

A full disk needs the right to mount, a clock step needs libfaketime; what is not possible here is
skipped, and said. Everything is ended on Ctrl-C.
`

const complain = (problem: string): never => {
  process.stderr.write(`${problem}\n`)
  process.exit(2)
}

const parsed = () => {
  try {
    return parseArgs({
      options: {
        minutes: { type: "string", default: "2" },
        nodes: { type: "string", default: "3" },
        clients: { type: "string", default: "10" },
        seed: { type: "string", default: String(Math.floor(Math.random() * 1e9)) },
        faults: { type: "string" },
        memory: { type: "boolean", default: false },
        keep: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        help: { type: "boolean", default: false }
      }
    }).values
  } catch (cause) {
    return complain(`${(cause as Error).message.split(".")[0]}; --help lists all options`)
  }
}

const values = parsed()

const numberOf = (name: "minutes" | "nodes" | "clients" | "seed", least: number): number => {
  const number = Number(values[name])
  return Number.isFinite(number) && number >= least && (name === "minutes" || number % 1 === 0)
    ? number
    : complain(`--${name} takes a number of ${least} or more, not ${JSON.stringify(values[name])}`)
}

if (values.help) {
  process.stdout.write(help)
  process.exit(0)
}

const output = values.json ? process.stderr : process.stdout
let status = 1

const program = Torture.run({
  minutes: numberOf("minutes", 0),
  nodes: numberOf("nodes", 1),
  clients: numberOf("clients", 1),
  seed: numberOf("seed", 0),
  hasDisk: !values.memory,
  keeps: values.keep,
  only: values.faults?.split(","),
  say: (line) => void output.write(`${line}\n`)
}).pipe(
  Effect.tap((report) =>
    Effect.sync(() => {
      process.stdout.write(values.json ? `${JSON.stringify(report)}\n` : Report.render(report))
      status = report.passed ? 0 : 1
    })
  )
)

NodeRuntime.runMain(program, {
  teardown: (exit, onExit) =>
    exit._tag === "Success" ? onExit(status) : Runtime.defaultTeardown(exit, onExit)
})
