/**
 * One process of a contender: `node contenderProcess.ts MODULE serve` or `... connect PORT`.
 *
 * It says its port, or that it is ready, and then answers the harness: a load with a run, `cpu`
 * with the processor time it has used. Without a harness it has nothing to do, and ends.
 */
import type { Contender, Load, Measured } from "./Benchmark.ts"

/** What the harness asks. */
export type Question = "cpu" | Load
/** What the process answers: first of all the port. */
export type Reply =
  | { readonly port: number }
  | { readonly cpuUs: number }
  | { readonly measured: Measured }
  | { readonly error: string }

const [module, role, port] = process.argv.slice(2)
const tell = (reply: Reply) => process.send?.(reply)
const cpuUs = () => {
  const { system, user } = process.cpuUsage()
  return system + user
}

const measure = async (run: Awaited<ReturnType<Contender["connect"]>>, load: Load) => {
  const before = cpuUs()
  const result = await run(load)
  return { ...result, cpuUs: cpuUs() - before }
}

process.on("disconnect", () => process.exit())
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
        (error: unknown) => tell({ error: String(error) })
      )
    })
    tell({ port: 0 })
  }
} catch (error) {
  tell({ error: String(error) })
}
