/** A process of its own in which nodes of a log run, one after the other: `logNode.ts`. */
import { ClusterId } from "@distri/core/log/ReplicatedLog"
import type { Address } from "@distri/core/transport/Address"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as childProcess from "node:child_process"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"

export const cluster = ClusterId.make("laws")

/** Where the next node is. */
export interface Place {
  readonly listen: Address
  /** The other nodes. */
  readonly seeds: ReadonlyArray<Address>
  /** Where it keeps its part of the log. None: in memory. */
  readonly data?: string
  readonly retainedMaxBytes?: number
}

export type Order = Place | "begin" | "close"

export interface LogProcess {
  /** Listens for a node, after the end of the one before. Dies with a process that cannot. */
  readonly listen: (place: Place) => Effect.Effect<void>
  /** Begins that node. Once all others listen they find each other at once. */
  readonly begin: Effect.Effect<void>
  /** Ends its log; what waits for that is answered. Nothing happens where all has ended. */
  readonly close: Effect.Effect<void>
  /** As `kill -9` does. Waits until it is gone. */
  readonly kill: Effect.Effect<void>
  readonly hasEnded: () => boolean
}

/** What Node.js has compiled once: with it a process starts in half the time. */
const compileCache = path.join(os.tmpdir(), "distri-compile-cache")

const program = fileURLToPath(new URL("logNode.ts", import.meta.url))

/** It is killed when the scope closes. */
export const start: Effect.Effect<LogProcess, never, Scope.Scope> = Effect.acquireRelease(
  Effect.sync(() =>
    make(
      childProcess.fork(program, {
        execArgv: [],
        env: { ...process.env, NODE_COMPILE_CACHE: compileCache }
      })
    )
  ),
  ({ kill }) => kill
)

const make = (child: childProcess.ChildProcess): LogProcess => {
  const hasEnded = () => child.exitCode !== null || child.signalCode !== null

  const ended = Effect.callback<void>((resume) => {
    const tell = () => resume(Effect.void)
    if (hasEnded()) return tell()
    child.once("exit", tell)
    return Effect.sync(() => child.off("exit", tell))
  })
  const done = Effect.callback<void>((resume) => {
    const tell = () => resume(Effect.void)
    child.once("message", tell)
    return Effect.sync(() => child.off("message", tell))
  })
  const order = (order: Order) =>
    Effect.suspend(() => {
      // Its end may come first.
      if (child.connected) child.send(order, () => {})
      return Effect.raceFirst(Effect.as(done, true), Effect.as(ended, false))
    })

  const mustDo = (wanted: Order) =>
    Effect.flatMap(order(wanted), (isDone) =>
      isDone ? Effect.void : Effect.die("a process of the log has ended by itself")
    )

  return {
    listen: mustDo,
    begin: mustDo("begin"),
    close: Effect.asVoid(order("close")),
    kill: Effect.suspend(() => {
      child.kill("SIGKILL")
      return ended
    }),
    hasEnded
  }
}
