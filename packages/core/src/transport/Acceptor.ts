/**
 * Runs a handler for each accepted socket: the half of a listener that all transports share.
 *
 * Keeps the limit of open connections, and ends all handlers with its scope, side by side, so that
 * one connection that takes long to close does not hold up the others.
 */
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type * as Socket from "effect/socket/Socket"
import * as FramedSocket from "./FramedSocket.ts"
import type { Connection } from "./Transport.ts"
import type { TransportLimits } from "./TransportLimits.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface Acceptor {
  /** Frames `socket` and starts `handler`. Returns at once; the socket is always closed. */
  readonly accept: <E, R>(
    socket: Socket.Socket,
    remote: string,
    handler: (connection: Connection) => Effect.Effect<void, E, R>
  ) => Effect.Effect<void, never, R>

  /** Interrupts all handlers and waits until their connections are closed. */
  readonly endAll: Effect.Effect<void>
}

/**
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  limits: TransportLimits
): Effect.fn.Return<Acceptor, never, Scope.Scope> {
  const handlers = yield* FiberSet.make()
  let open = 0
  let closing = false
  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      closing = true
    })
  )

  const accept: Acceptor["accept"] = (socket, remote, handler) =>
    Effect.suspend(() => {
      if (closing || open >= limits.connectionsMax) return refuse(socket)
      open++
      return serve(socket, { remote, limits }, handler).pipe(
        Effect.ensuring(Effect.sync(() => open--)),
        FiberSet.run(handlers),
        Effect.asVoid
      )
    })

  return { accept, endAll: FiberSet.clear(handlers) }
})

// Only the handler may be interrupted: a socket that nobody opened is a socket that nobody closes.
const serve = <E, R>(
  socket: Socket.Socket,
  options: Parameters<typeof FramedSocket.make>[1],
  handler: (connection: Connection) => Effect.Effect<void, E, R>
) =>
  Effect.uninterruptibleMask((restore) =>
    FramedSocket.make(socket, options).pipe(
      Effect.flatMap((connection) => restore(handler(connection))),
      Effect.scoped,
      Effect.catch((error) => Effect.logDebug("a connection ended with an error", error)),
      Effect.catchDefect((defect) => Effect.logError("a connection handler broke", defect))
    )
  )

/**
 * Closes a socket that nobody will serve.
 *
 * @category combinators
 * @since 0.1.0
 */
export const refuse = (socket: Socket.Socket): Effect.Effect<void> =>
  Effect.ignore(Effect.scoped(socket.reader))
