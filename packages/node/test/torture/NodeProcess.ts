/** Starts one node as a process, and does to it what happens to processes. */
import type { Address } from "@distri/core/transport/Address"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as childProcess from "node:child_process"
import * as fs from "node:fs"
import { fileURLToPath } from "node:url"
import { formatRoutes, type Routes } from "./relay/RelayedTransport.ts"

export interface Place {
  readonly address: Address
  /** The other nodes. */
  readonly seeds: ReadonlyArray<Address>
  /** Where it keeps its part of the log. None: in memory. */
  readonly data?: string | undefined
  readonly routes?: Routes
  /** What it says goes to the end of this file. None: nowhere. */
  readonly logFile?: string | undefined
  readonly environment?: Readonly<Record<string, string>>
}

export interface NodeProcess {
  readonly pid: number
  /** It serves, and has its vote. */
  readonly ready: Effect.Effect<void>
  /** How it ended: `status 0`, `signal SIGKILL`. */
  readonly ended: Effect.Effect<string>
  readonly hasEnded: () => boolean
  readonly signal: (signal: NodeJS.Signals) => Effect.Effect<void>
  /** Tells it to give up its vote for good, and to end. */
  readonly leave: Effect.Effect<void>
}

const program = fileURLToPath(new URL("node.ts", import.meta.url))

const argumentsOf = ({ address, data, routes = new Map(), seeds }: Place) => [
  program,
  "--listen",
  address,
  ...seeds.flatMap((seed) => ["--seed", seed]),
  ...(data === undefined ? [] : ["--data", data]),
  ...formatRoutes(routes).flatMap((route) => ["--route", route])
]

/** It is killed when the scope closes, whatever state it is in. */
export const start = (place: Place): Effect.Effect<NodeProcess, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.gen(function* () {
      const log = place.logFile === undefined ? "ignore" : fs.openSync(place.logFile, "a")
      const child = childProcess.spawn(process.execPath, argumentsOf(place), {
        stdio: ["ignore", log, log, "ipc"],
        env: { ...process.env, ...place.environment }
      })
      if (typeof log === "number") fs.closeSync(log)
      const ready = yield* Deferred.make<void>()
      const ended = yield* Deferred.make<string>()
      child.once("message", () => Deferred.doneUnsafe(ready, Effect.void))
      child.once("error", (error) => Deferred.doneUnsafe(ended, Effect.succeed(error.message)))
      child.once("exit", (status, signal) =>
        Deferred.doneUnsafe(
          ended,
          Effect.succeed(signal === null ? `status ${status}` : `signal ${signal}`)
        )
      )
      const hasEnded = () => Deferred.isDoneUnsafe(ended)
      const started: NodeProcess = {
        pid: child.pid ?? 0,
        ready: Deferred.await(ready),
        ended: Deferred.await(ended),
        hasEnded,
        signal: (signal) => Effect.sync(() => void child.kill(signal)),
        // Its end may come first.
        leave: Effect.sync(() => void (child.connected && child.send("leave", () => {})))
      }
      return started
    }),
    ({ ended, signal }) => Effect.andThen(signal("SIGKILL"), ended)
  )
