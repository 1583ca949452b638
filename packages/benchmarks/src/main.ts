/**
 * Measures Distri against its peers and against the machine.
 *
 *   node src/main.ts [--only NAME] [--rounds N] [--ms N] [--json] [--profile DIR]
 *
 * A ratio says how many times better Distri is. It is no test: whatever comes out, it exits with 0.
 */
import { parseArgs } from "node:util"
import { bulk } from "./bulk/bulk.ts"
import { database } from "./database/database.ts"
import { encrypt } from "./encrypt/encrypt.ts"
import * as Harness from "./harness.ts"
import { log } from "./log/log.ts"
import { raft } from "./raft/raft.ts"
import { request } from "./request/request.ts"
import * as Summary from "./summary.ts"

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string", default: "3" },
    ms: { type: "string", default: "1500" },
    json: { type: "boolean", default: false },
    profile: { type: "string" }
  }
})
const options = {
  rounds: Math.max(1, Number(values.rounds)),
  ms: Number(values.ms),
  profiles: values.profile
}

const benchmarks = [encrypt, request, bulk, ...database, ...raft, ...log]
const chosen = benchmarks.filter(
  ({ name }) => values.only === undefined || name.startsWith(values.only)
)
if (chosen.length === 0) {
  const names = benchmarks.map(({ name }) => name).join(", ")
  process.stderr.write(`no benchmark is called ${values.only}; there are ${names}\n`)
}
const rows: Array<Summary.Row> = []
for (const benchmark of chosen) {
  const results = await Harness.measure(benchmark, options)
  rows.push(...Summary.rows(benchmark, results))
  if (!values.json) process.stdout.write(`${Summary.table(benchmark, results)}\n\n`)
}
if (values.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`)
