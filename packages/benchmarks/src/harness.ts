/**
 * Runs the contenders of a benchmark side by side.
 *
 * Each has its own processes, which stay for the whole benchmark, warm. They take turns, round by
 * round: what the machine does to one it does to all, so ratios hold where figures do not.
 */
import { type ChildProcess, fork } from "node:child_process"
import { once } from "node:events"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import type { Benchmark, Contender, Load, Measured } from "./Benchmark.ts"
import type { Question, Reply } from "./contenderProcess.ts"

export interface Options {
  readonly rounds: number
  /** Length of one run. */
  readonly ms: number
  /** Where both processes of Distri leave their processor profiles. Default: no profiles. */
  readonly profiles?: string | undefined
}

/** All rounds of one contender under one load, or why there are none. */
export interface Result {
  readonly contender: string
  readonly inFlight: number
  readonly rounds: ReadonlyArray<Measured>
  readonly error?: string
}

interface Player {
  readonly name: string
  readonly run: (load: Load) => Promise<Measured>
  readonly stop: () => Promise<void>
}

export const measure = async (
  benchmark: Benchmark,
  options: Options
): Promise<ReadonlyArray<Result>> => {
  const results: Array<Result> = []
  const players: Array<Player> = []
  try {
    for (const [index, [name, module]] of benchmark.contenders.entries()) {
      const profiles = index === 0 ? options.profiles : undefined
      players.push(await start(name, module, profiles).catch((error) => absent(name, error)))
    }
    const { rounds = options.rounds, warmUps = 1 } = benchmark
    for (const inFlight of benchmark.inFlight) {
      const load = { inFlight, ms: options.ms }
      results.push(...(await playRounds(players, load, rounds, warmUps)))
    }
  } finally {
    for (const { stop } of players) await stop()
  }
  return results
}

const playRounds = async (
  players: ReadonlyArray<Player>,
  load: Load,
  rounds: number,
  warmUps: number
) => {
  const results = players.map(({ name, run }) => ({
    run,
    result: {
      contender: name,
      inFlight: load.inFlight,
      rounds: [] as Array<Measured>,
      error: ""
    }
  }))
  for (let round = 0; round < warmUps + rounds; round++) {
    // Nobody is always the one who follows the heaviest.
    const first = round % results.length
    for (const { result, run } of [...results.slice(first), ...results.slice(0, first)]) {
      if (result.error !== "") continue
      try {
        const measured = await run(load)
        if (round >= warmUps) result.rounds.push(measured)
      } catch (error) {
        result.error = error instanceof Error ? error.message : String(error)
      }
    }
  }
  return results.map(({ result: { error, ...result } }) =>
    error === "" ? result : { ...result, error }
  )
}

/** Keeps the place of a contender that could not start, and says why it has no figures. */
const absent = (name: string, error: unknown): Player => ({
  name,
  run: () => Promise.reject(error),
  stop: () => Promise.resolve()
})

const start = async (name: string, module: URL, profiles?: string): Promise<Player> => {
  const contender: Contender = await import(module.href)
  const children: Array<ChildProcess> = []
  const launch = (...args: ReadonlyArray<string>) => {
    const child = startProcess([module.href, ...args], profiles)
    children.unshift(child)
    return child
  }
  const stop = async () => {
    for (const child of children) await end(child)
  }
  try {
    const server = contender.serve === undefined ? undefined : launch("serve")
    const port = server === undefined ? 0 : (await reply(server, "port")).port
    const client = launch("connect", String(port))
    await reply(client, "port")
    const cpuOfServer = async () =>
      server === undefined ? 0 : (await ask(server, "cpu", "cpuUs")).cpuUs
    const run = async (load: Load) => {
      const before = await cpuOfServer()
      const { measured } = await ask(client, load, "measured")
      return { ...measured, cpuUs: measured.cpuUs + (await cpuOfServer()) - before }
    }
    return { name, run, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

const end = async (child: ChildProcess) => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, "exit")
  if (child.connected) child.disconnect()
  await exited
}

const startProcess = (args: ReadonlyArray<string>, profiles: string | undefined): ChildProcess =>
  fork(fileURLToPath(new URL("contenderProcess.ts", import.meta.url)), args, {
    execArgv: profiles === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${join(profiles)}`],
    stdio: ["ignore", "inherit", "inherit", "ipc"]
  })

type Kind = "port" | "cpuUs" | "measured"

const ask = <K extends Kind>(child: ChildProcess, question: Question, kind: K) => {
  const answer = reply(child, kind)
  child.send(question)
  return answer
}

const reply = <K extends Kind>(child: ChildProcess, kind: K) =>
  new Promise<Extract<Reply, Record<K, unknown>>>((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`its process ended with ${code}`))
    child.once("exit", onExit)
    child.once("message", (message: Reply) => {
      child.off("exit", onExit)
      if (kind in message) resolve(message as never)
      else reject(new Error("error" in message ? message.error : "an unexpected reply"))
    })
  })
