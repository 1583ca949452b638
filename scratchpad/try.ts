// Throw-away code: `node scratchpad/try.ts` needs no build. Linted and type-checked, never tested.
import { Client, CloudNode, Stats } from "@distri/core"
import { Encrypt, ImageServices, samplePicture } from "@distri/image"
import { DistriNode } from "@distri/node"
import { Effect, Layer, Result } from "effect"

const Node = CloudNode.layer(ImageServices, { listen: "127.0.0.1:0" }).pipe(
  Layer.provide(ImageServices.layer())
)

const program = Effect.gen(function* () {
  const { address } = yield* CloudNode
  yield* Effect.gen(function* () {
    const client = yield* Client
    const { file } = yield* client.call(Encrypt, { data: yield* samplePicture })
    console.log(`${file.length} bytes`)
    for (const stats of (yield* client.collectStats).values()) {
      console.log(Result.isSuccess(stats) ? Stats.render(stats.success) : stats.failure.message)
    }
  }).pipe(Effect.provide(Client.layer({ seeds: [address] })))
})

await Effect.runPromise(program.pipe(Effect.provide(Node), Effect.provide(DistriNode.layer)))
