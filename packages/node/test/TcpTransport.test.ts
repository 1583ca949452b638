import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as net from "node:net"
import * as Address from "../../core/src/transport/Address.ts"
import { RawNetwork } from "../../core/test/transport/contract/harness.ts"
import { transportContract } from "../../core/test/transport/TransportContract.ts"
import * as TcpTransport from "../src/TcpTransport.ts"

const connect = (address: Address.Address) =>
  Effect.acquireRelease(
    Effect.callback<net.Socket>((resume) => {
      const socket = net.connect({ ...Address.parts(address), allowHalfOpen: true })
      socket.on("error", () => {})
      socket.once("connect", () => resume(Effect.succeed(socket)))
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

const rawNetwork = Layer.succeed(
  RawNetwork,
  RawNetwork.of({
    connect: (address) =>
      Effect.map(connect(address), (socket) => ({
        write: (bytes) =>
          Effect.callback<void>((resume) => {
            socket.write(bytes, () => resume(Effect.void))
          }),
        end: Effect.sync(() => socket.end()),
        cut: Effect.sync(() => socket.resetAndDestroy()),
        rest: Effect.callback<Uint8Array>((resume) => {
          const chunks: Array<Buffer> = []
          const done = () => resume(Effect.succeed(Buffer.concat(chunks)))
          socket.on("data", (chunk) => chunks.push(chunk))
          socket.once("end", done)
          socket.once("close", done)
        })
      }))
  })
)

transportContract("TCP", Layer.merge(TcpTransport.layer, rawNetwork))
