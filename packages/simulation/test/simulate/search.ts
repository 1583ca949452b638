/**
 * Runs many seeds, in child processes that run `simulate.ts` too. Each asks for the next seeds when it is
 * done with its last ones.
 */
import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"
import type { Report, RunOptions } from "../../src/raft/Report.ts"
import { runTwice } from "../../src/raft/Simulation.ts"
import { addStats, noStats, type Totals } from "./stats.ts"

export interface Failure {
  readonly options: RunOptions
  readonly report: Report
}

/** What a child process is told to do, and what it tells. */
export interface Task {
  readonly runs: ReadonlyArray<RunOptions>
}

export interface Done {
  readonly ran: number
  readonly simulatedMs: number
  readonly events: number
  readonly stats: Totals
  readonly failures: ReadonlyArray<Failure>
}

const chunk = 10

export const work = ({ runs }: Task): Done => {
  let simulatedMs = 0
  let events = 0
  let stats = noStats
  const failures: Array<Failure> = []
  for (const options of runs) {
    const report = runTwice(options)
    simulatedMs += report.simulatedMs
    events += report.events
    stats = addStats(stats, { runs: 1, ...report.stats })
    if (report.broken !== undefined) failures.push({ options, report })
  }
  return { ran: runs.length, simulatedMs, events, stats, failures }
}

/** Runs all of `runs`, until the first failure unless `goesOn`. */
export const search = async (
  runs: ReadonlyArray<RunOptions>,
  jobs: number,
  goesOn: boolean,
  onDone: (done: Done) => void
): Promise<void> => {
  let next = 0
  let isOver = false
  const pull = (): Task => {
    const task = { runs: isOver ? [] : runs.slice(next, next + chunk) }
    next += chunk
    return task
  }
  const take = (done: Done) => {
    onDone(done)
    if (done.failures.length > 0 && !goesOn) isOver = true
  }
  if (runs.length <= chunk || jobs <= 1) {
    for (let task = pull(); task.runs.length > 0; task = pull()) take(work(task))
    return
  }
  const child = async () => {
    const worker = fork(fileURLToPath(new URL("../simulate.ts", import.meta.url)), {
      serialization: "advanced"
    })
    try {
      for (let task = pull(); task.runs.length > 0; task = pull()) take(await ask(worker, task))
    } finally {
      worker.disconnect()
    }
  }
  await Promise.all(Array.from({ length: Math.min(jobs, runs.length) }, child))
}

const ask = (worker: ChildProcess, task: Task): Promise<Done> =>
  new Promise((resolve, reject) => {
    const onExit = () => reject(new Error("a process that ran seeds ended"))
    worker.once("exit", onExit)
    worker.once("message", (done: Done) => {
      worker.off("exit", onExit)
      resolve(done)
    })
    worker.send(task)
  })
