/** The command line of the traces: which files are run, and what is printed about them. */
import { existsSync } from "node:fs"
import { parseArgs } from "node:util"
import { type TraceFile, traceFiles } from "./folder.ts"
import { describeDifference, type Report, runTrace } from "./Report.ts"
import { type Tier, tiers } from "./Runner.ts"

export interface Terminal {
  readonly print: (line: string) => void
  /** What is run when no folder is given. */
  readonly defaultFolder: string
}

const help = (
  defaultFolder: string
) => `Runs traces against the Raft core, and compares all that comes out.

  node packages/raft/test/conformance/main.ts [DIR] [--tier Q,M,A] [--file NAME[:LINE]]

DIR     a checkout of etcd-io/raft, or any folder with *.txt files in its format: what a file needs is
        seen from its commands. Default: ${defaultFolder}
--tier  Q quorums, M membership, A interaction, B joint configurations, C asynchronous storage,
        D forgotten leaders. Default: all
--file  one file, by its name without folder and .txt; with a line, it stops behind that line`

const options = {
  tier: { type: "string" },
  file: { type: "string" },
  help: { type: "boolean" }
} as const

/** Returns the exit code: 0 where all that was run passed, and where there is no default folder. */
export const run = (args: ReadonlyArray<string>, { defaultFolder, print }: Terminal): number => {
  const parsed = parse(args)
  if (typeof parsed === "string") {
    print(`${parsed}; --help says what there is`)
    return 1
  }
  const { positionals, values } = parsed
  if (values.help === true) {
    print(help(defaultFolder))
    return 0
  }
  const wanted = values.tier?.split(",") ?? tiers
  const unknown = wanted.find((tier) => !tiers.includes(tier as Tier))
  if (unknown !== undefined) {
    print(`there is no tier ${unknown}, only ${tiers.join(", ")}`)
    return 1
  }
  const [name, line = "Infinity"] = values.file?.split(":") ?? []
  if (Number.isNaN(Number(line))) {
    print(`--file ${values.file}: ${line} is not a line number`)
    return 1
  }
  const [folder = defaultFolder] = positionals
  if (!existsSync(folder)) {
    const isDefault = positionals.length === 0
    print(isDefault ? `skipped: there is no folder ${folder}` : `there is no folder ${folder}`)
    return isDefault ? 0 : 1
  }
  const files = traceFiles(folder).filter((file) => name === undefined || file.name === name)
  return summarize(files, wanted, Number(line), print)
}

/** What was asked for, or what cannot be understood of it. */
const parse = (args: ReadonlyArray<string>) => {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options })
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const summarize = (
  files: ReadonlyArray<TraceFile>,
  wanted: ReadonlyArray<string>,
  upTo: number,
  print: Terminal["print"]
): number => {
  const reports: Array<Report> = []
  for (const file of files) {
    const report = runTrace(file.text(), upTo)
    if (!wanted.includes(report.tier)) continue
    reports.push(report)
    const { difference, passed, tier, total } = report
    print(`${tier}  ${file.path}: ${passed}/${total}`)
    if (difference === undefined) continue
    print(`   ${file.path}:${difference.line}: ${difference.command}`)
    print(describeDifference(difference))
  }
  const whole = reports.filter(({ difference }) => difference === undefined).length
  const passed = reports.reduce((sum, report) => sum + report.passed, 0)
  const total = reports.reduce((sum, report) => sum + report.total, 0)
  print(`${whole}/${reports.length} files, ${passed}/${total} directives`)
  // A name or a folder that fits nothing is a mistake, not a success.
  return whole === reports.length && total > 0 ? 0 : 1
}
