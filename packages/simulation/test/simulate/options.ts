/** What the command line of `simulate.ts` may say. */
import { readFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import { type Breaks, brokenRules, isBreak } from "../../src/raft/Breaks.ts"
import type { Fault } from "../../src/raft/Fault.ts"
import { faultProblem, machineNames } from "../../src/raft/faultProblem.ts"
import type { RunOptions } from "../../src/raft/Report.ts"
import { isSchedule, schedules } from "../../src/raft/Schedule.ts"
import { complain, parsed, wholeOf } from "./commandLine.ts"

export const help = `Runs raft on a simulated network, disk and clock, and checks all rules after every event.

  pnpm simulate raft [options]

  --seeds N        how many seeds to run (default 200)
  --from SEED      the first of them (default 1)
  --seed S         this seed only
  --schedule NAME  swarm draws a little of all faults (default); duels are campaigns, crashes and returns
                   every few moments; isolations cut off one or two nodes again and again
  --nodes 3,5,7    founding voters; several are taken in turn by seed (default: as the schedule says)
  --seconds T      simulated seconds with faults (default: as the schedule says, 60 for the swarm); some
                   20 for the healing come on top
  --break NAME     builds with one rule broken; may be repeated
  --clients N      clients that write and read (default: drawn from the seed)
  --faults FILE    a list of faults as JSON, in place of those of the seed
  --shrink         makes the first failure small: fewer faults, clients and machines; the faults left are
                   written to a file for --faults
  --all            goes on after a failure, and prints a line for each
  --jobs J         processes (default: one for each core)
  --help           this

It prints the first broken rule with the line that repeats it, the last events and the faults, and exits
with 1; with 0 if nothing broke. A run depends on its options alone.

Breaks, and the rule each is made to break:
${Object.entries(brokenRules)
  .map(([name, rule]) => `  ${name.padEnd(24)} ${rule}`)
  .join("\n")}
`

const nodesOf = (text: string): RunOptions["nodes"] => {
  const nodes = Number(text)
  if (nodes === 1 || nodes === 3 || nodes === 5 || nodes === 7) return nodes
  return complain(
    `--nodes takes 1, 3, 5 or 7, or several of them like 3,5, not ${JSON.stringify(text)}`
  )
}

const secondsOf = (text: string): number =>
  /^\d+(\.\d+)?$/.test(text) && Number(text) > 0
    ? Number(text)
    : complain(`--seconds takes a number above 0, not ${JSON.stringify(text)}`)

const breaksOf = (names: ReadonlyArray<string>): Breaks => {
  const unknown = names.find((name) => !isBreak(name))
  if (unknown !== undefined) complain(`no break is called ${unknown}; --help lists all`)
  return Object.fromEntries(names.map((name) => [name, true]))
}

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause))

const readFaults = (path: string): unknown => {
  try {
    return JSON.parse(readFileSync(path, "utf8"))
  } catch (cause) {
    const problem = messageOf(cause).split("\n")[0]
    return complain(`--faults takes a file with a list of faults as JSON; ${path}: ${problem}`)
  }
}

/** The faults of a file, if a cloud of so many founders can have them. */
const faultsOf = (path: string, list: unknown, nodes: number): ReadonlyArray<Fault> => {
  if (!Array.isArray(list)) return complain(`${path} has to hold a list of faults, like [{...}]`)
  const names = machineNames(nodes)
  for (const [at, fault] of list.entries()) {
    const problem = faultProblem(fault, names)
    if (problem !== undefined) complain(`${path}, fault ${at + 1} of ${list.length}: ${problem}`)
  }
  return list
}

export const parse = (args: ReadonlyArray<string>) =>
  parsed({
    args: [...args],
    options: {
      seeds: { type: "string", default: "200" },
      from: { type: "string", default: "1" },
      seed: { type: "string" },
      schedule: { type: "string", default: "swarm" },
      nodes: { type: "string" },
      seconds: { type: "string" },
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
  const { schedule: name, faults: path } = values
  const schedule = isSchedule(name)
    ? schedules[name]
    : complain(`--schedule takes ${Object.keys(schedules).join(", ")}, not ${JSON.stringify(name)}`)
  const sizes = values.nodes?.split(",").map(nodesOf)
  const only = values.seed === undefined ? undefined : wholeOf("seed", values.seed, 0)
  const from = only ?? wholeOf("from", values.from, 0)
  const count = wholeOf("seeds", values.seeds, 1)
  const given: Partial<RunOptions> = {
    ...(values.seconds === undefined ? {} : { durationMs: secondsOf(values.seconds) * 1_000 }),
    ...(values.clients === undefined ? {} : { clients: wholeOf("clients", values.clients, 0) }),
    breaks: breaksOf(values.break)
  }
  const list = path === undefined ? undefined : readFaults(path)
  return Array.from({ length: only === undefined ? count : 1 }, (_, at) => {
    const drawn = schedule(from + at)
    const nodes = sizes?.[(from + at) % sizes.length] ?? drawn.nodes
    const faults = path === undefined ? {} : { faults: faultsOf(path, list, nodes) }
    return { ...drawn, nodes, ...given, ...faults }
  })
}
