/**
 * Searches for every rule-breaking build, each within its budget of seeds, and prints what found it as a
 * table in Markdown. Exits with 1 if a build was not found, or by a rule that does not stand for it.
 */
import { parseArgs } from "node:util"
import { isBreak } from "../src/raft/Breaks.ts"
import { allInvariants } from "../src/raft/Simulation.ts"
import { builds, find, type Switch, switches } from "./raft/builds.ts"

const help = `Searches seeds until each build with one rule broken is found.

  node packages/simulation/test/breaks.ts [options]

  --seeds N       at most so many seeds for each build (default: the budget of the build)
  --from SEED     the first of them (default 1)
  --break NAME    this build only; may be repeated
  --rules RA1,..  checks these rules only: how soon would others notice?
  --help          this
`

const { values } = parseArgs({
  options: {
    seeds: { type: "string" },
    from: { type: "string", default: "1" },
    break: { type: "string", multiple: true, default: [] },
    rules: { type: "string" },
    help: { type: "boolean", default: false }
  }
})

const complain = (problem: string): never => {
  process.stderr.write(`${problem}\n`)
  process.exit(2)
}

const numberOf = (text: string): number =>
  /^\d+$/.test(text) ? Number(text) : complain(`no number: ${text}`)

const print = (line: string) => process.stdout.write(`${line}\n`)

const row = (name: Switch): boolean => {
  const { rules, budget, schedule } = builds[name]
  const seeds = values.seeds === undefined ? budget : Math.min(budget, numberOf(values.seeds))
  const only = values.rules?.split(",")
  const invariants = allInvariants.filter(({ rule }) => only?.includes(rule) ?? true)
  const found = find(name, numberOf(values.from), seeds, invariants)
  if (found === undefined) {
    print(`| ${name} | ${schedule.name} | not found | ${seeds} | ${budget} | |`)
    return false
  }
  const { rule, detail } = found.report.broken!
  const sentence = detail.split("\n")[0]!.replaceAll("|", "/")
  print(`| ${name} | ${schedule.name} | ${rule} | ${found.seeds} | ${budget} | ${sentence} |`)
  return rules.includes(rule) || only !== undefined
}

const main = (): void => {
  if (values.help) {
    print(help)
    return
  }
  const unknown = values.break.find((name) => !isBreak(name))
  if (unknown !== undefined) complain(`no break is called ${unknown}`)
  const wanted = switches.filter((name) => values.break.length === 0 || values.break.includes(name))
  print("| switch | schedule | rule that fired | seeds needed | budget | what it said |")
  print("|---|---|---|---|---|---|")
  if (!wanted.map(row).every(Boolean)) process.exitCode = 1
}

main()
