import type { Contender, Load, Run } from "../Benchmark.ts"

/** What a contender can be asked to do. Preparing it is not measured. */
export type Tasks = Readonly<Record<string, (port: number) => RunOf | Promise<RunOf>>>
type RunOf = (load: Load) => Promise<Run>

/** Chooses the task that stands in the module's address. */
export const taskOf =
  (module: string, tasks: Tasks): Contender["connect"] =>
  async (port) => {
    const name = new URL(module).searchParams.get("task") ?? ""
    const task = tasks[name]
    if (task === undefined) throw new Error(`there is no task ${name}`)
    return task(port)
  }
