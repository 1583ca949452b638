/** Distri as users run it, with every default: a node in one process, a client in another. */
import { Client } from "@distri/core/client/Client"
import { CloudNode } from "@distri/core/cloud/CloudNode"
import { Address } from "@distri/core/transport/Address"
import * as DistriNode from "@distri/node/DistriNode"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type * as Rpc from "effect/rpc/Rpc"
import * as RpcGroup from "effect/rpc/RpcGroup"

/** Serves one service until the process ends; resolves with the port. */
export const serve = async <R extends Rpc.Any>(
  service: R,
  handler: Layer.Layer<Rpc.ToHandler<R>>
): Promise<number> => {
  const runtime = ManagedRuntime.make(
    CloudNode.layer(RpcGroup.make(service), { listen: "127.0.0.1:0" }).pipe(
      Layer.provide(handler),
      Layer.provide(DistriNode.layer)
    )
  )
  const { address } = await runtime.runPromise(CloudNode)
  return Number(address.split(":")[1])
}

export const connect = (port: number): Promise<Client["Service"]> => {
  const seeds = [Address.make(`127.0.0.1:${port}`)]
  return ManagedRuntime.make(
    Client.layer({ seeds }).pipe(Layer.provide(DistriNode.layer))
  ).runPromise(Client)
}
