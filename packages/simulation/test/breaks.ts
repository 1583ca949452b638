/**
 * Searches for every rule-breaking build, each within its budget of seeds, and prints what found it as a
 * table in Markdown. Exits with 1 if a build was not found, or by a rule that does not stand for it.
 */
import { isBreak } from "../src/raft/Breaks.ts"
import { builds, find, type Switch, switches } from "./raft/builds.ts"
import { complain, parsed, wholeOf } from "./simulate/commandLine.ts"

const help = `Searches seeds until each build with one rule broken is found.

  node packages/simulation/test/breaks.ts [options]

  --seeds N       at most so many seeds for each build (default: the budget of the build)
  --from SEED     the first of them (default 1)
  --break NAME    this build only; may be repeated
  --rules RA1,..  checks these rules only: how soon would others notice?
  --help          this
`

const { values } = parsed({
  options: {
    seeds: { type: "string" },
    from: { type: "string", default: "1" },
    break: { type: "string", multiple: true, default: [] },
    rules: { type: "string" },
    help: { type: "boolean", default: false }
  }
})

const only = values.rules?.split(",")
const from = wholeOf("from", values.from, 0)
const seedsMax =
  values.seeds === undefined ? Number.POSITIVE_INFINITY : wholeOf("seeds", values.seeds, 1)

const print = (line: string) => process.stdout.write(`${line}\n`)

/** Those that some build has to be found by stand for all that can fire. */
const rules = [...new Set(Object.values(builds).flatMap((build) => build.rules))].toSorted(
  (left, right) => Number(left.slice(2)) - Number(right.slice(2))
)

const row = (name: Switch): boolean => {
  const { budget, schedule } = builds[name]
  const seeds = Math.min(budget, seedsMax)
  const found = find(name, from, seeds, only)
  if (found === undefined) {
    print(`| ${name} | ${schedule.name} | not found | ${seeds} | ${budget} | |`)
    return false
  }
  const { rule, detail } = found.report.broken!
  const sentence = detail.split("\n")[0]!.replaceAll("|", "/")
  print(`| ${name} | ${schedule.name} | ${rule} | ${found.seeds} | ${budget} | ${sentence} |`)
  return builds[name].rules.includes(rule) || only !== undefined
}

const main = (): void => {
  if (values.help) {
    print(help)
    return
  }
  const unknown = values.break.find((name) => !isBreak(name))
  if (unknown !== undefined) complain(`no break is called ${unknown}; simulate.ts --help lists all`)
  const unchecked = only?.find((rule) => !rules.includes(rule))
  if (unchecked !== undefined) {
    complain(
      `no rule ${JSON.stringify(unchecked)} is checked; --rules takes some of ${rules.join(",")}`
    )
  }
  const wanted = switches.filter((name) => values.break.length === 0 || values.break.includes(name))
  print("| switch | schedule | rule that fired | seeds needed | budget | what it said |")
  print("|---|---|---|---|---|---|")
  if (!wanted.map(row).every(Boolean)) process.exitCode = 1
}

main()
