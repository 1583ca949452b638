/** Starts nodes, each a process of its own, and stops them when the scope closes. */
import { Deferred, Effect, Schema, Stream } from "effect"
import { ChildProcess } from "effect/process"
import { fileURLToPath } from "node:url"

export class NodeFailed extends Schema.TaggedError<NodeFailed>()("NodeFailed", {
  address: Schema.String,
  issue: Schema.String
}) {
  override get message() {
    return `the node ${this.address} ${this.issue}`
  }
}

export interface NodeProcess {
  readonly address: string
  readonly pid: number
  /** Ends it at once, without a word to anybody. */
  readonly kill: Effect.Effect<void>
}

const nodeFile = fileURLToPath(new URL("node.ts", import.meta.url))
const startMax = "20 seconds"

/** One node on each address; every one knows the others. */
export const start = (addresses: ReadonlyArray<string>) =>
  Effect.forEach(
    addresses,
    (address) =>
      startOne(
        address,
        addresses.filter((other) => other !== address)
      ),
    { concurrency: "unbounded" }
  )

const startOne = Effect.fnUntraced(function* (address: string, seeds: ReadonlyArray<string>) {
  const handle = yield* Effect.orDie(
    ChildProcess.make(process.execPath, [nodeFile, address, ...seeds], {
      forceKillAfter: "10 seconds"
    })
  )
  const ready = yield* Deferred.make<void, NodeFailed>()
  const failed = (issue: string) => new NodeFailed({ address, issue })
  let complaint = ""
  yield* handle.stderr.pipe(
    Stream.decodeText,
    Stream.runForEach((text) => Effect.sync(() => (complaint += text))),
    Effect.ignore,
    Effect.forkScoped
  )
  yield* handle.stdout.pipe(
    Stream.decodeText,
    Stream.splitLines,
    Stream.runForEach((line) =>
      line.startsWith("ready on ") ? Deferred.succeed(ready, undefined) : Effect.void
    ),
    Effect.ignore,
    Effect.andThen(Deferred.fail(ready, failed(`ended before it was ready: ${complaint}`))),
    Effect.forkScoped
  )
  yield* Effect.timeoutOrElse(Deferred.await(ready), {
    duration: startMax,
    orElse: () => Effect.fail(failed(`was not ready within ${startMax}: ${complaint}`))
  })
  return {
    address,
    pid: handle.pid,
    kill: Effect.ignore(handle.kill({ killSignal: "SIGKILL" }))
  } satisfies NodeProcess as NodeProcess
})
