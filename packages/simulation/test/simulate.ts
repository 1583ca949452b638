/**
 * Searches seeds for broken rules, or repeats one seed: of the consensus core (`raft`), or of whole clouds
 * (`cloud`). See `--help` of each.
 */
import { complain } from "./simulate/commandLine.ts"
import type { Task } from "./simulate/search.ts"

/** Loaded when asked for: the core alone starts at once. */
const subjects = {
  raft: () => import("./simulate/raft.ts"),
  cloud: () => import("./simulate/cloud.ts")
}

const isSubject = (name: string): name is keyof typeof subjects => Object.hasOwn(subjects, name)

/**
 * Effect keeps the async context of every fiber that waits, for whoever traces them. In here nobody does,
 * and it costs a run a twentieth of its time: it is loaded as where there is no such thing.
 */
const withoutAsyncContext = async <A>(load: () => Promise<A>): Promise<A> => {
  const { getBuiltinModule } = process
  process.getBuiltinModule = ((name: string) =>
    name === "node:async_hooks" ? undefined : getBuiltinModule(name)) as typeof getBuiltinModule
  try {
    return await load()
  } finally {
    process.getBuiltinModule = getBuiltinModule
  }
}

const subjectOf = (name: string) =>
  isSubject(name)
    ? withoutAsyncContext<Awaited<ReturnType<(typeof subjects)[typeof name]>>>(subjects[name])
    : complain(
        `what to simulate is "raft" or "cloud", not ${JSON.stringify(name)}; see raft --help and cloud --help`
      )

// A child is told its tasks, and asks for the next one by telling what came of the last.
if (process.send === undefined) {
  const [name = "", ...args] = process.argv.slice(2)
  const { main } = await subjectOf(name)
  await main(args)
} else {
  process.on("message", async ({ subject, runs }: Task<never>) => {
    const { work } = await subjectOf(subject)
    process.send!(await work(runs))
  })
}
