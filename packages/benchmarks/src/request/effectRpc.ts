/** Effect's own RPC over TCP, with its binary serialization and every default. */
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Rpc from "effect/rpc/Rpc"
import * as RpcClient from "effect/rpc/RpcClient"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import * as RpcServer from "effect/rpc/RpcServer"
import * as Scope from "effect/Scope"
import * as SocketServer from "effect/socket/SocketServer"
import type { Contender } from "../Benchmark.ts"
import { withFibers } from "../closedLoop.ts"
import { Person, person } from "./Person.ts"

class Echoes extends RpcGroup.make(Rpc.make("Echo", { payload: Person, success: Person })) {}

export const serve = async (): Promise<number> => {
  const runtime = ManagedRuntime.make(
    RpcServer.layer(Echoes).pipe(
      Layer.provide(Echoes.toLayer({ Echo: (payload) => Effect.succeed(payload) })),
      Layer.provide(RpcServer.layerProtocolSocketServer),
      Layer.provide(RpcSerialization.layerSchemaBinary()),
      Layer.provideMerge(NodeSocketServer.layer({ host: "127.0.0.1", port: 0 }))
    )
  )
  const { address } = await runtime.runPromise(
    Effect.flatMap(SocketServer.SocketServer, Effect.succeed)
  )
  return "port" in address ? address.port : 0
}

export const connect: Contender["connect"] = async (port) => {
  const runtime = ManagedRuntime.make(
    Layer.merge(
      RpcClient.layerProtocolSocket().pipe(
        Layer.provide(RpcSerialization.layerSchemaBinary()),
        Layer.provide(NodeSocket.layerNet({ host: "127.0.0.1", port }))
      ),
      Layer.effect(Scope.Scope, Effect.scope)
    )
  )
  const client = await runtime.runPromise(RpcClient.make(Echoes))
  return withFibers(client.Echo(person))
}
