/**
 * Finds loopback addresses that nobody listens on.
 *
 * Nodes must know each other's addresses before the first of them starts, so the ports cannot be
 * chosen by the nodes themselves. They lie below those that systems give to who dials: else another
 * connection could take the port of a node that is away for a moment. **Gotcha**: another process may
 * take one before the node does.
 */
import { Address } from "@distri/core"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as net from "node:net"

const low = 12_000
const high = 32_000

/** `count` different addresses that were free a moment ago. */
export const find = Effect.fnUntraced(function* (count: number) {
  const found = new Set<number>()
  while (found.size < count) {
    const port = yield* Random.nextIntBetween(low, high)
    if (yield* isFree(port)) found.add(port)
  }
  return Array.from(found, (port) => Address.withPort(anyPort, port))
})

const isFree = (port: number) =>
  Effect.callback<boolean>((resume) => {
    const server = net.createServer()
    server.once("error", () => resume(Effect.succeed(false)))
    server.listen(port, "127.0.0.1", () => server.close(() => resume(Effect.succeed(true))))
  })

const anyPort = Address.Address.make("127.0.0.1:0")
