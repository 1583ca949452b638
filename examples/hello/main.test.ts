import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as ChildProcess from "effect/process/ChildProcess"
import * as Stream from "effect/Stream"

const start = (file: string, ...args: ReadonlyArray<string>) =>
  ChildProcess.make(process.execPath, [`${import.meta.dirname}/${file}`, ...args])

const linesOf = (child: Effect.Success<ReturnType<typeof start>>) =>
  child.stdout.pipe(Stream.decodeText, Stream.splitLines)

it.live(
  "a node and a client say what the README promises, and the node stops by SIGTERM",
  () =>
    Effect.gen(function* () {
      const node = yield* start("node.ts", "127.0.0.1:0")
      const ready = yield* Stream.runHead(linesOf(node))
      const address = ready._tag === "Some" ? ready.value.replace("ready on ", "") : ""
      const client = yield* start("client.ts", address)
      const printed = yield* Stream.runCollect(linesOf(client))
      assert.deepStrictEqual(printed.slice(0, 2), ["HELLO", '"BYTES"'])
      assert.include(printed[2], `${address} (ready`)
      assert.strictEqual(yield* client.exitCode, 0)
      yield* node.kill({ killSignal: "SIGTERM" })
      assert.strictEqual(yield* node.exitCode, 0)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)),
  30_000
)
