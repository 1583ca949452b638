/**
 * One node of a tortured cloud, a process of its own.
 *
 * It says `ready` to who started it, gives up its vote for good when it is told to `leave`, and stops
 * on SIGTERM or when its starter is gone. `--route FROM=TO`: dial TO where FROM is meant.
 */
import { CloudNode } from "@distri/core/cloud/CloudNode"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as Schedule from "effect/Schedule"
import { parseArgs } from "node:util"
import * as DistriNode from "../../src/DistriNode.ts"
import * as RelayedTransport from "./relay/RelayedTransport.ts"

const { values } = parseArgs({
  options: {
    listen: { type: "string", default: "127.0.0.1:0" },
    seed: { type: "string", multiple: true, default: [] },
    data: { type: "string" },
    route: { type: "string", multiple: true, default: [] }
  }
})

const starterGone = Effect.callback<void>((resume) => {
  process.once("disconnect", () => resume(Effect.void))
})

const toldToLeave = Effect.callback<void>((resume) => {
  process.on("message", (word) => {
    if (word === "leave") resume(Effect.void)
  })
})

const serving = Effect.gen(function* () {
  const { halted, leave } = yield* CloudNode
  process.send?.("ready")
  // Until then the others cannot go on without it.
  const left = Effect.orDie(Effect.retry(leave, Schedule.spaced("500 millis")))
  const leaving = Effect.andThen(toldToLeave, left)
  yield* Effect.raceFirst(halted, Effect.raceFirst(leaving, starterGone))
  // Who listens to its starter does not end by itself.
  if (process.connected) process.disconnect()
})

const Node = CloudNode.layer(RpcGroup.make(), {
  listen: values.listen,
  seeds: values.seed,
  data: values.data
}).pipe(
  Layer.provide(RelayedTransport.layer(RelayedTransport.parseRoutes(values.route))),
  Layer.provide(DistriNode.layer)
)

serving.pipe(Effect.provide(Node), DistriNode.runMain)
