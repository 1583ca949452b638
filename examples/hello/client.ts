/** A client. Run it from this folder: `npx -y pnpm@12 run client 127.0.0.1:7400` */
import { Client, Stats } from "@distri/core"
import { DistriNode } from "@distri/node"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { Console, Effect, Layer, Result } from "effect"
import { Shout } from "./services.ts"

const seeds = process.argv.slice(2)

const program = Effect.gen(function* () {
  const client = yield* Client
  // By type.
  yield* Console.log(yield* client.call(Shout, "hello"))
  // By name, with bytes: a payload that is not bytes itself is JSON.
  const reply = yield* client.sendData(new TextEncoder().encode('"bytes"'), "Shout")
  yield* Console.log(new TextDecoder().decode(reply))
  // What every node has done.
  for (const [address, stats] of yield* client.collectStats) {
    const text = Result.isSuccess(stats) ? Stats.render(stats.success) : stats.failure.message
    yield* Console.log(`${address}: ${text}`)
  }
})

const ClientLayer = Client.layer({ seeds }).pipe(Layer.provide(DistriNode.layer))

NodeRuntime.runMain(Effect.provide(program, ClientLayer))
