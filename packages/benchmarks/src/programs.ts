/**
 * Starts the programs that a contender consists of, counts their processor time, and leaves nothing
 * behind: no process, no folder.
 *
 * **Gotchas**
 *
 * They are in a process group of their own. Ctrl-C then reaches only who started them, and who
 * stops them in the order that each needs.
 */
import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process"
import { once } from "node:events"
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Where a contender keeps its data: on the machine's disk, or in memory. */
export type Storage = "disk" | "memory"

export interface Options extends SpawnOptions {
  /** How to get the program, should it be missing: `apt-get install etcd-server`. */
  readonly install?: string
  /** What makes it stop. Default SIGTERM. */
  readonly stopSignal?: NodeJS.Signals
}

interface Started {
  readonly child: ChildProcess
  readonly stopSignal: NodeJS.Signals
}

const started = new Set<Started>()
const folders: Array<string> = []
/** Processor time of those that have ended. */
let endedUs = 0
let isClosed = false

/** Longer than a program needs to stop by itself. */
const stopMaxMs = 15_000

/** Resolves once the program runs. It is stopped at the end, unless `kill` did before. */
export const start = async (
  command: string,
  args: ReadonlyArray<string>,
  { install, stopSignal = "SIGTERM", ...options }: Options = {}
): Promise<ChildProcess> => {
  // A run that goes on while all is stopped would leave what it starts behind.
  if (isClosed) throw new Error("nothing is started any more")
  const child = spawn(command, args, { stdio: "ignore", detached: true, ...options })
  await once(child, "spawn").catch((error: Error) => {
    const hint = install === undefined ? error.message : `it is not installed: ${install}`
    throw new Error(`skipped, ${hint}`)
  })
  const entry = { child, stopSignal }
  started.add(entry)
  child.once("exit", () => started.delete(entry))
  return child
}

/** Ends one program now; resolves when it is gone. */
export const kill = async (child: ChildProcess, signal: NodeJS.Signals): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, "exit")
  endedUs += cpuOf(child.pid!)
  child.kill(signal)
  const timer = setTimeout(() => child.kill("SIGKILL"), stopMaxMs)
  await exited
  clearTimeout(timer)
}

export const stopAll = async (): Promise<void> => {
  await Promise.all([...started].map(({ child, stopSignal }) => kill(child, stopSignal)))
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
}

/** As `stopAll`, for good. */
export const close = (): Promise<void> => {
  isClosed = true
  return stopAll()
}

/**
 * A new folder, removed at the end.
 *
 * Linux keeps /var/tmp on a disk, where /tmp may be memory, and /dev/shm in memory.
 */
export const folder = (name: string, storage: Storage, owner?: User): string => {
  const usual = storage === "disk" ? "/var/tmp" : "/dev/shm"
  const path = mkdtempSync(join(existsSync(usual) ? usual : tmpdir(), `distri-${name}-`))
  if (owner !== undefined) chownSync(path, owner.uid, owner.gid)
  folders.push(path)
  return path
}

export interface User {
  readonly uid: number
  readonly gid: number
}

/** What all of them have used, in microseconds. 0 where there is no /proc. */
export const cpuUs = (): number =>
  [...started].reduce((sum, { child }) => sum + cpuOf(child.pid!), endedUs)

/** Of a process and its children: PostgreSQL has one for each connection. */
const cpuOf = (pid: number): number => {
  const stat = read(`/proc/${pid}/stat`)
  // After the name, which may hold anything: the state is the third field, the times follow.
  const times = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
  const ownTicks = times.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0)
  const children = read(`/proc/${pid}/task/${pid}/children`).split(" ").filter(Boolean)
  return children.reduce((sum, child) => sum + cpuOf(Number(child)), ownTicks * tickUs)
}

/** Linux counts for /proc in hundredths of a second on every machine that Node.js runs on. */
const tickUs = 10_000

const read = (path: string): string => {
  try {
    return readFileSync(path, "utf8")
  } catch {
    return ""
  }
}
