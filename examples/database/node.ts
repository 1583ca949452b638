/** One node. Run it from this folder: `npx -y pnpm@12 run node 127.0.0.1:7400 127.0.0.1:7401` */
import { CloudNode } from "@distri/core"
import { DistriNode } from "@distri/node"
import { Console, Effect } from "effect"
import * as ShopNode from "./ShopNode.ts"

const [listen = "127.0.0.1:7400", ...seeds] = process.argv.slice(2)

const program = Effect.gen(function* () {
  const { address, halted } = yield* CloudNode
  yield* Console.log(`ready on ${address}`)
  return yield* halted // until SIGTERM: then the node drains
})

DistriNode.runMain(Effect.provide(program, ShopNode.layer(listen, seeds)))
