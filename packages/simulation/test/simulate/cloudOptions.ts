/** What the command line of `simulate cloud` may say. */
import { readFileSync } from "node:fs"
import { availableParallelism } from "node:os"
import type { Fault } from "../../src/sim/Fault.ts"
import type { FaultPlan } from "../../src/sim/FaultPlan.ts"
import { faultsProblem, namesOf } from "../../src/sim/Options.ts"
import {
  breakNames,
  type CloudBreaks,
  type CloudRun,
  defaultKindsOf,
  faultKinds,
  foundedMs,
  isFaultKind
} from "../cloud/cloud.ts"
import { drawProfile } from "../cloud/profile.ts"
import { complain, parsed, wholeOf } from "./commandLine.ts"

export const help = `Runs whole clouds, nodes and clients, on a simulated network under seeded faults.

  pnpm simulate cloud [options]

  --seeds N        how many seeds to run (default 20)
  --from SEED      the first of them (default 1)
  --seed S         this seed only
  --interleave I   another order of what is ready at one instant (default: the seed)
  --nodes 3,5,7    several are taken in turn by seed (default 3,5,7)
  --seconds T      simulated seconds with faults (default 60); 20 to 90 for healing and checks come on top
  --kinds A,B      kinds of faults: ${Object.keys(faultKinds).join(", ")}, none
                   (default ${defaultKindsOf(false)},
                   and with --disk blackouts)
  --faults FILE    a list of faults as JSON, in place of those of the seed
  --disk           nodes keep their log on a simulated disk, instead of in memory
  --break NAME     builds with one rule broken; may be repeated: ${breakNames.join(", ")}
  --clients N      (default: drawn from the seed)
  --rounds N       operations of each client (default: as many as fit)
  --shrink         makes the first failure small; the faults left are written to a file for --faults
  --all            goes on after a failure, and prints a line for each
  --jobs J         processes (default: one for each core)
  --help           this

It prints the first broken rule with the line that repeats it, the last events and the faults, and exits
with 1; with 0 if nothing broke. A run depends on its options alone.
`

export const parse = (args: ReadonlyArray<string>) =>
  parsed({
    args: [...args],
    options: {
      seeds: { type: "string", default: "20" },
      from: { type: "string", default: "1" },
      seed: { type: "string" },
      interleave: { type: "string" },
      nodes: { type: "string", default: "3,5,7" },
      seconds: { type: "string", default: "60" },
      kinds: { type: "string" },
      faults: { type: "string" },
      disk: { type: "boolean", default: false },
      break: { type: "string", multiple: true, default: [] },
      clients: { type: "string" },
      rounds: { type: "string" },
      shrink: { type: "boolean", default: false },
      all: { type: "boolean", default: false },
      jobs: { type: "string", default: String(availableParallelism()) },
      help: { type: "boolean", default: false }
    }
  })

type Options = ReturnType<typeof parse>["values"]

const breaksOf = (names: ReadonlyArray<string>): CloudBreaks => {
  const unknown = names.find((name) => !breakNames.includes(name))
  if (unknown !== undefined) complain(`no break is called ${unknown}; --help lists all`)
  return Object.fromEntries(names.map((name) => [name, true]))
}

const planOf = (text: string): FaultPlan => {
  const kinds = text.split(",")
  if (text === "none") return {}
  const unknown = kinds.find((kind) => !isFaultKind(kind))
  if (unknown !== undefined) {
    complain(
      `--kinds takes some of ${Object.keys(faultKinds).join(", ")}, or none, not ${JSON.stringify(unknown)}`
    )
  }
  return Object.assign(
    { fromMs: foundedMs },
    ...kinds.filter(isFaultKind).map((kind) => faultKinds[kind])
  ) as FaultPlan
}

const readFaults = (path: string): ReadonlyArray<Fault> => {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as ReadonlyArray<Fault>
  } catch (cause) {
    const problem = cause instanceof Error ? cause.message.split("\n")[0] : String(cause)
    return complain(`--faults takes a file with a list of faults as JSON; ${path}: ${problem}`)
  }
}

const faultsOf = (path: string, run: CloudRun): ReadonlyArray<Fault> => {
  const list = readFaults(path)
  if (!Array.isArray(list)) return complain(`${path} has to hold a list of faults, like [{...}]`)
  const clients = run.clients ?? drawProfile(run.seed).clients
  const problem = faultsProblem(list, namesOf({ nodes: run.nodes, clients }).all)
  return problem === undefined ? list : complain(`${path}, ${problem}`)
}

export const runsOf = (values: Options): ReadonlyArray<CloudRun> => {
  const sizes = values.nodes.split(",").map((size) => wholeOf("nodes", size, 1))
  const only = values.seed === undefined ? undefined : wholeOf("seed", values.seed, 0)
  const from = only ?? wholeOf("from", values.from, 0)
  const { interleave, clients, rounds, faults: path } = values
  const given = {
    seconds: wholeOf("seconds", values.seconds, 1),
    ...(interleave === undefined ? {} : { interleave: wholeOf("interleave", interleave, 0) }),
    ...(clients === undefined ? {} : { clients: wholeOf("clients", clients, 0) }),
    ...(rounds === undefined ? {} : { rounds: wholeOf("rounds", rounds, 1) }),
    ...(values.disk ? { hasDisk: true } : {}),
    ...(values.break.length === 0 ? {} : { breaks: breaksOf(values.break) }),
    faults: planOf(values.kinds ?? defaultKindsOf(values.disk))
  }
  const count = only === undefined ? wholeOf("seeds", values.seeds, 1) : 1
  return Array.from({ length: count }, (_, at) => {
    const seed = from + at
    const run: CloudRun = { seed, nodes: sizes[seed % sizes.length]!, ...given }
    return path === undefined ? run : { ...run, faults: faultsOf(path, run) }
  })
}
