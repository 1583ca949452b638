/**
 * Finds loopback addresses that nobody listens on, below the ports that systems give to who dials: else
 * another connection could take the port of a node that is away for a moment.
 */
import { Address } from "@distri/core/transport/Address"
import * as Effect from "effect/Effect"
import * as net from "node:net"

const low = 12_000
const high = 32_000

/** `count` different addresses that were free a moment ago. */
export const find = (count: number): Effect.Effect<ReadonlyArray<Address>> =>
  Effect.gen(function* () {
    const found = new Set<number>()
    while (found.size < count) {
      const port = low + Math.floor(Math.random() * (high - low))
      if (yield* isFree(port)) found.add(port)
    }
    return Array.from(found, (port) => Address.make(`127.0.0.1:${port}`))
  })

const isFree = (port: number) =>
  Effect.callback<boolean>((resume) => {
    const server = net.createServer()
    server.once("error", () => resume(Effect.succeed(false)))
    server.listen(port, "127.0.0.1", () => server.close(() => resume(Effect.succeed(true))))
  })
