/**
 * Finds loopback addresses that nobody listens on, since nodes must know each other's before the
 * first of them starts. **Gotcha**: another process may take one in between.
 */
import { Effect } from "effect"
import * as net from "node:net"

/** `count` different addresses that were free a moment ago, in the order of their names. */
export const find = (count: number): Effect.Effect<ReadonlyArray<string>> =>
  // All are held at once, so that no two are the same.
  Effect.forEach(Array.from({ length: count }), () => held, { concurrency: "unbounded" }).pipe(
    Effect.scoped,
    Effect.map((addresses) => addresses.toSorted())
  )

const held = Effect.acquireRelease(
  Effect.callback<net.Server>((resume) => {
    const server = net.createServer()
    server.once("error", (error) => resume(Effect.die(error)))
    server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
  }),
  (server) => Effect.callback<void>((resume) => void server.close(() => resume(Effect.void)))
).pipe(Effect.map((server) => `127.0.0.1:${(server.address() as net.AddressInfo).port}`))
