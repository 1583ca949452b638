/** Where one place dials another: a port, and a link for each direction. */
import * as Address from "@distri/core/transport/Address"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as net from "node:net"
import type { Link } from "./Link.ts"
import * as Pump from "./Pump.ts"

export interface Relay {
  /** What is dialled. */
  readonly address: Address.Address
  /** Breaks the connections that there are. */
  readonly reset: () => void
}

/** A connection is made once both directions are open: before, the dialler waits, as for a lost SYN. */
export const make = (
  target: Address.Address,
  forth: Link,
  back: Link
): Effect.Effect<Relay, never, Scope.Scope> =>
  Effect.map(
    Effect.acquireRelease(
      Effect.callback<{ readonly server: net.Server; readonly sockets: Set<net.Socket> }>(
        (resume) => {
          const sockets = new Set<net.Socket>()
          const kept = (socket: net.Socket) => {
            sockets.add(socket)
            socket.setNoDelay(true).on("error", () => {})
            socket.once("close", () => sockets.delete(socket))
            return socket
          }
          const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (near) => {
            kept(near)
            onceOpen(forth, back, () => {
              const { host, port } = Address.parts(target)
              const far = kept(net.connect({ host, port, allowHalfOpen: true }))
              Pump.start(near, far, forth)
              Pump.start(far, near, back)
            })
          })
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed({ server, sockets })))
        }
      ),
      ({ server, sockets }) =>
        Effect.callback<void>((resume) => {
          server.close(() => resume(Effect.void))
          for (const socket of sockets) socket.destroy()
        })
    ),
    ({ server, sockets }) => ({
      address: Address.withPort(target, (server.address() as net.AddressInfo).port),
      reset: () => {
        for (const socket of sockets) socket.resetAndDestroy()
      }
    })
  )

const onceOpen = (forth: Link, back: Link, run: () => void): void => {
  if (!forth.isCut && !back.isCut) return run()
  const again = () => {
    if (forth.isCut || back.isCut) return
    for (const forget of forgets) forget()
    run()
  }
  const forgets = [forth.onChange(again), back.onChange(again)]
}
