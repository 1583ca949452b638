/**
 * Finds loopback addresses that nobody listens on.
 *
 * Nodes must know each other's addresses before the first of them starts, so the ports cannot be
 * chosen by the nodes themselves. **Gotcha**: another process may take one before the node does.
 */
import { Address } from "@distri/core"
import * as Effect from "effect/Effect"
import * as net from "node:net"

/** `count` different addresses that were free a moment ago. */
export const find = (count: number): Effect.Effect<ReadonlyArray<Address.Address>> =>
  // All are held at once, so that no two are the same.
  Effect.forEach(Array.from({ length: count }), () => held, { concurrency: "unbounded" }).pipe(
    Effect.scoped
  )

const held = Effect.acquireRelease(
  Effect.callback<net.Server>((resume) => {
    const server = net.createServer()
    server.once("error", (error) => resume(Effect.die(error)))
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
).pipe(
  Effect.map((server) => {
    const { port } = server.address() as net.AddressInfo
    return Address.withPort(anyPort, port)
  })
)

const anyPort = Address.Address.make("127.0.0.1:0")
