/**
 * Runs many seeds, in child processes that run `simulate.ts` too. Each asks for the next seeds when it is
 * done with its last ones.
 */
import { type ChildProcess, fork } from "node:child_process"
import { fileURLToPath } from "node:url"

/** What a child process is told to do. */
export interface Task<Run> {
  readonly subject: string
  readonly runs: ReadonlyArray<Run>
}

interface Search<Run, Done> {
  /** What is simulated: the first word of the command line. */
  readonly subject: string
  readonly runs: ReadonlyArray<Run>
  /** So many at a time. */
  readonly chunk: number
  readonly jobs: number
  readonly work: (runs: ReadonlyArray<Run>) => Done | Promise<Done>
  /** Says whether that is enough. */
  readonly onDone: (done: Done) => boolean
}

/** Runs all of `runs`, until it is enough. */
export const search = async <Run, Done>(options: Search<Run, Done>): Promise<void> => {
  const { subject, runs, chunk, jobs, work, onDone } = options
  let next = 0
  let isOver = false
  const pull = (): ReadonlyArray<Run> => {
    const some = isOver ? [] : runs.slice(next, next + chunk)
    next += chunk
    return some
  }
  const take = (done: Done) => {
    if (onDone(done)) isOver = true
  }
  if (runs.length <= chunk || jobs <= 1) {
    for (let some = pull(); some.length > 0; some = pull()) take(await work(some))
    return
  }
  const child = async () => {
    const worker = fork(fileURLToPath(new URL("../simulate.ts", import.meta.url)), {
      serialization: "advanced"
    })
    try {
      for (let some = pull(); some.length > 0; some = pull()) {
        take(await ask<Run, Done>(worker, { subject, runs: some }))
      }
    } finally {
      worker.disconnect()
    }
  }
  await Promise.all(Array.from({ length: Math.min(jobs, runs.length) }, child))
}

const ask = <Run, Done>(worker: ChildProcess, task: Task<Run>): Promise<Done> =>
  new Promise((resolve, reject) => {
    const onExit = () => reject(new Error("a process that ran seeds ended"))
    worker.once("exit", onExit)
    worker.once("message", (done: Done) => {
      worker.off("exit", onExit)
      resolve(done)
    })
    worker.send(task)
  })
