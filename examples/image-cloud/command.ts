/**
 * Runs the commands of this example as a user does, in processes of their own, for the tests.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as ChildProcess from "effect/process/ChildProcess"
import * as Stream from "effect/Stream"
import { fileURLToPath } from "node:url"

export interface Ended {
  /** Undefined when a signal killed it. */
  readonly status: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** Starts `node FILE ARGS`. It is stopped when the scope closes. */
export const start = Effect.fnUntraced(function* (
  file: "main.ts" | "demo.ts",
  args: ReadonlyArray<string>
) {
  const path = fileURLToPath(new URL(file, import.meta.url))
  const handle = yield* ChildProcess.make(process.execPath, [path, ...args], {
    forceKillAfter: "20 seconds"
  })
  const output = { stdout: "", stderr: "" }
  const reading = yield* Effect.forEach(["stdout", "stderr"] as const, (name) =>
    handle[name].pipe(
      Stream.decodeText,
      Stream.runForEach((text) => Effect.sync(() => (output[name] += text))),
      Effect.forkScoped
    )
  )
  const ended: Effect.Effect<Ended> = Effect.gen(function* () {
    const status = yield* Effect.option(handle.exitCode)
    yield* Effect.forEach(reading, Fiber.await)
    return { status: status._tag === "Some" ? status.value : undefined, ...output }
  })
  return { pid: handle.pid as number, output, ended }
})

/** Runs a command to its end. */
export const run = (file: "main.ts" | "demo.ts", ...args: ReadonlyArray<string>) =>
  Effect.scoped(Effect.flatMap(start(file, args), ({ ended }) => ended))

/** The object in the last line of stdout. */
export const lastLine = ({ stdout }: Ended): unknown =>
  JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "")

/** The servers that a command says it has started. */
export const serversIn = (text: string) =>
  Array.from(text.matchAll(/^ {2}(\S+) {2}pid (\d+)$/gm), ([, address, pid]) => ({
    address: address!,
    pid: Number(pid)
  }))

export const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
