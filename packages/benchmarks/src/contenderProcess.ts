/**
 * One process of a contender: `node contenderProcess.ts MODULE serve` or `... connect PORT`.
 *
 * It says its port, or that it is ready, and then answers the harness: a load with a run, `cpu`
 * with the processor time it has used. Without a harness it has nothing to do, and ends, with all
 * programs that it started.
 */
import type { Contender, Load, Measured } from "./Benchmark.ts"
import * as Programs from "./programs.ts"

/** What the harness asks. */
export type Question = "cpu" | Load
/** What the process answers: first of all the port. */
export type Reply =
  | { readonly port: number }
  | { readonly cpuUs: number }
  | { readonly measured: Measured }
  | { readonly error: string }

const [module, role, port] = process.argv.slice(2)
const tell = (reply: Reply) => {
  if (process.connected) process.send?.(reply)
}
const cpuUs = () => {
  const { system, user } = process.cpuUsage()
  return system + user + Programs.cpuUs()
}
const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error))

const measure = async (run: Awaited<ReturnType<Contender["connect"]>>, load: Load) => {
  const before = cpuUs()
  const result = await run(load)
  return { ...result, cpuUs: cpuUs() - before }
}

process.on("disconnect", () => void Programs.close().finally(() => process.exit()))
// Ctrl-C ends the harness; then there is something to clean up here.
process.on("SIGINT", () => {})
try {
  const contender: Contender = await import(module!)
  if (role === "serve") {
    const served = await contender.serve!()
    process.on("message", () => tell({ cpuUs: cpuUs() }))
    tell({ port: served })
  } else {
    const run = await contender.connect(Number(port))
    process.on("message", (load: Load) => {
      measure(run, load).then(
        (measured) => tell({ measured }),
        (error: unknown) => tell({ error: messageOf(error) })
      )
    })
    tell({ port: 0 })
  }
} catch (error) {
  tell({ error: messageOf(error) })
}
