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

const subjectOf = (name: string) =>
  isSubject(name)
    ? subjects[name]()
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
