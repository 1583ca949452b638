/**
 * One node of a cloud: `node node.ts --listen ADDRESS [--seeds ADDRESS ...] [--data FOLDER]`.
 *
 * With `--data` what is acknowledged survives on the disks of most nodes, without it in their
 * memories. It says `ready` to who started it, and stops on SIGTERM or when that is gone.
 */
import { CloudNode } from "@distri/core/cloud/CloudNode"
import * as DistriNode from "@distri/node/DistriNode"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RpcGroup from "effect/rpc/RpcGroup"
import { parseArgs } from "node:util"

const { values } = parseArgs({
  options: {
    listen: { type: "string", default: "127.0.0.1:0" },
    seeds: { type: "string", multiple: true, default: [] },
    data: { type: "string" }
  }
})

const starterGone = Effect.callback<void>((resume) => {
  process.once("disconnect", () => resume(Effect.void))
})

const serving = Effect.gen(function* () {
  const { halted } = yield* CloudNode
  process.send?.("ready")
  yield* Effect.raceFirst(halted, starterGone)
})

serving.pipe(
  Effect.provide(CloudNode.layer(RpcGroup.make(), values).pipe(Layer.provide(DistriNode.layer))),
  DistriNode.runMain
)
