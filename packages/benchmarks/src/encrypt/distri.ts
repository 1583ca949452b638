/** The handler of `Encrypt`, as a node runs it: seal, hide, write the PNG. */
import { ImageServices } from "@distri/image/ImageServices"
import { samplePicture } from "@distri/image/samplePicture"
import * as Effect from "effect/Effect"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as RpcTest from "effect/rpc/RpcTest"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { Contender } from "../Benchmark.ts"
import { withFibers } from "../closedLoop.ts"

export const connect: Contender["connect"] = async () => {
  const scope = Layer.effect(Scope.Scope, Effect.scope)
  const runtime = ManagedRuntime.make(Layer.merge(ImageServices.layer(), scope))
  const encrypt = await runtime.runPromise(
    Effect.gen(function* () {
      const client = yield* RpcTest.makeClient(ImageServices)
      return client.Encrypt({ data: yield* samplePicture })
    })
  )
  const { file } = await Effect.runPromise(encrypt)
  const drive = withFibers(encrypt)
  return async (load) => ({ ...(await drive(load)), resultBytes: file.length })
}
