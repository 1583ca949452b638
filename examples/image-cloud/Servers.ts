/**
 * Starts the servers of a cloud, each a process of its own, and stops them when the scope closes.
 *
 * A server that dies meanwhile is reported in a line, and the run goes on: that is what a cloud is
 * for. Only when all are gone is there nothing to wait for.
 */
import type { Address } from "@distri/core"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as ChildProcess from "effect/process/ChildProcess"
import type * as ChildProcessSpawner from "effect/process/ChildProcessSpawner"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import * as FreePorts from "./FreePorts.ts"
import * as Killing from "./Killing.ts"
import { Screen } from "./Screen.ts"
import { addressInUseStatus } from "./Server.ts"

/** A server did not start, or none is left. */
export class ServersFailed extends Schema.TaggedError<ServersFailed>()("ServersFailed", {
  issue: Schema.String,
  addressInUse: Schema.Boolean
}) {
  override get message() {
    return this.issue
  }
}

export interface Servers {
  readonly addresses: ReadonlyArray<Address.Address>
  /** Never succeeds. Fails when the last server has ended. */
  readonly allGone: Effect.Effect<never, ServersFailed>
}

export interface Options {
  readonly count: number
  /** A folder in which each server has one of its own. Default: they keep the log in memory. */
  readonly data?: string | undefined
  /** One server after the other is killed with SIGKILL, so often, and started again. */
  readonly killEverySeconds?: number | undefined
}

const mainFile = fileURLToPath(new URL("main.ts", import.meta.url))
const startMax = "30 seconds"
/** Longer than a server takes to drain. */
const stopMax = "30 seconds"
const attemptsMax = 5

/** Starts servers on free loopback ports, and prints where they are. */
export const start = Effect.fnUntraced(function* (options: Options) {
  const { count, killEverySeconds } = options
  const screen = yield* Screen
  yield* screen.say(`Starting ${count} ${count === 1 ? "server" : "servers"} ...`)
  const children = yield* attempt(options).pipe(
    Effect.retry({ while: ({ addressInUse }) => addressInUse, times: attemptsMax - 1 })
  )
  for (const { address, pid } of children) yield* screen.say(`  ${address}  pid ${pid}`)
  const addresses = children.map(({ address }) => address)
  if (killEverySeconds !== undefined) {
    const failed = yield* Deferred.make<never, ServersFailed>()
    yield* Killing.run(children, killEverySeconds).pipe(
      Effect.tapError((error) => Deferred.fail(failed, error)),
      Effect.ignore,
      Effect.forkScoped
    )
    return { addresses, allGone: Deferred.await(failed) } satisfies Servers as Servers
  }

  const allGone = yield* Deferred.make<never, ServersFailed>()
  const watch = ({ address, ended, pid }: Child) =>
    Effect.flatMap(ended, ({ how }) =>
      screen.say(`Server ${address} (pid ${pid}) ${how}; the run goes on without it`)
    )
  // Forked after the children, so it ends before they are stopped.
  yield* Effect.forEach(children, watch, { concurrency: "unbounded", discard: true }).pipe(
    Effect.andThen(
      Deferred.fail(
        allGone,
        new ServersFailed({ issue: "all servers have ended, none is left", addressInUse: false })
      )
    ),
    Effect.forkScoped
  )
  return { addresses, allGone: Deferred.await(allGone) } satisfies Servers as Servers
})

export interface Child {
  readonly address: Address.Address
  readonly pid: number
  readonly ended: Effect.Effect<{ readonly how: string; readonly status: number | undefined }>
  /** Ends the process at once: it writes and says nothing more. */
  readonly kill: Effect.Effect<void>
  /** Starts it again, as it was started, once it has ended. Ends when it is ready. */
  readonly again: Effect.Effect<Child, ServersFailed>
}

/** One attempt has ports of its own; when one server fails, all of it is taken down. */
const attempt = Effect.fnUntraced(function* ({ count, data }: Options) {
  const scope = yield* Effect.flatMap(Effect.scope, (scope) => Scope.fork(scope, "parallel"))
  const addresses = yield* FreePorts.find(count)
  return yield* Effect.forEach(
    addresses,
    (own) =>
      startOne(
        [own, ...addresses.filter((address) => address !== own)],
        data === undefined ? undefined : path.join(data, own.replaceAll(":", "-"))
      ),
    { concurrency: "unbounded" }
  ).pipe(
    Scope.provide(scope),
    Effect.onError(() => Scope.close(scope, Exit.void))
  )
})

const startOne: (
  addresses: ReadonlyArray<Address.Address>,
  data: string | undefined
) => Effect.Effect<
  Child,
  ServersFailed,
  Scope.Scope | Screen | ChildProcessSpawner.ChildProcessSpawner
> = Effect.fnUntraced(function* (addresses, data) {
  const context = yield* Effect.context<
    Scope.Scope | Screen | ChildProcessSpawner.ChildProcessSpawner
  >()
  const screen = yield* Screen
  const address = addresses[0]!
  const handle = yield* Effect.orDie(
    ChildProcess.make(
      process.execPath,
      [
        mainFile,
        "--mode",
        "server",
        "--attached",
        "--ips",
        addresses.join(","),
        ...(data === undefined ? [] : ["--data", data])
      ],
      { forceKillAfter: stopMax }
    )
  )
  const ready = yield* Deferred.make<void>()
  let complaint = ""
  const read = (output: typeof handle.stdout, onLine: (line: string) => Effect.Effect<void>) =>
    output.pipe(
      Stream.decodeText,
      Stream.splitLines,
      Stream.runForEach(onLine),
      Effect.ignore,
      Effect.forkScoped
    )
  yield* read(handle.stdout, (line) => {
    if (line.startsWith("ready ")) return Effect.asVoid(Deferred.succeed(ready, undefined))
    return line.startsWith("stopped ") ? Effect.void : screen.say(`  ${address}: ${line}`)
  })
  yield* read(handle.stderr, (line) => {
    complaint = line
    return Effect.void
  })

  const ended: Child["ended"] = Effect.match(handle.exitCode, {
    onSuccess: (status) => ({ how: `ended with status ${status}`, status }),
    onFailure: () => ({ how: "was killed", status: undefined })
  })
  const failed = (issue: string, addressInUse = false) =>
    Effect.fail(new ServersFailed({ issue: `server ${address} ${issue}`, addressInUse }))
  yield* Deferred.await(ready).pipe(
    Effect.raceFirst(
      Effect.flatMap(ended, ({ how, status }) =>
        failed(`${how} before it was ready: ${complaint}`, status === addressInUseStatus)
      )
    ),
    Effect.timeoutOrElse({
      duration: startMax,
      orElse: () => failed(`was not ready within ${startMax}: ${complaint}`)
    })
  )
  const kill = Effect.ignore(handle.kill({ killSignal: "SIGKILL" }))
  const again = Effect.provideContext(startOne(addresses, data), context)
  return { address, pid: handle.pid, ended, kill, again } satisfies Child as Child
})
