/** What the command line of `simulate.ts` may say. */
import { readFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { parseArgs } from "node:util"
import { type Breaks, brokenRules, isBreak } from "../../src/raft/Breaks.ts"
import type { Fault } from "../../src/raft/Fault.ts"
import type { RunOptions } from "../../src/raft/Report.ts"

export const help = `Runs raft on a simulated network, disk and clock, and checks all rules after every event.

  pnpm simulate raft [options]

  --seeds N        how many seeds to run (default 200)
  --from SEED      the first of them (default 1)
  --seed S         this seed only
  --nodes 3,5,7    founding voters; several are taken in turn by seed (default 3,5,7)
  --seconds T      simulated seconds with faults (default 60); some 20 for the healing come on top
  --break NAME     builds with one rule broken; may be repeated
  --clients N      clients that write and read (default: drawn from the seed)
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

export const complain = (problem: string): never => {
  process.stderr.write(`${problem}\n`)
  process.exit(2)
}

export const numberOf = (name: string, text: string): number =>
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

export const parse = () =>
  parseArgs({
    allowPositionals: true,
    options: {
      seeds: { type: "string", default: "200" },
      from: { type: "string", default: "1" },
      seed: { type: "string" },
      nodes: { type: "string", default: "3,5,7" },
      seconds: { type: "string", default: "60" },
      break: { type: "string", multiple: true, default: [] },
      clients: { type: "string" },
      faults: { type: "string" },
      shrink: { type: "boolean", default: false },
      all: { type: "boolean", default: false },
      jobs: { type: "string", default: String(availableParallelism()) },
      help: { type: "boolean", default: false }
    }
  })

type Options = ReturnType<typeof parse>["values"]

export const runsOf = (values: Options): ReadonlyArray<RunOptions> => {
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
    ...(values.clients === undefined ? {} : { clients: numberOf("clients", values.clients) }),
    ...(faults === undefined ? {} : { faults }),
    breaks
  }))
}
