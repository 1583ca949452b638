/**
 * Makes a `Connection` of any socket: TCP today, TLS or WebSocket by passing another one.
 *
 * ```
 *            send                                 receive
 *   frames ───────▶ Outgoing ──▶ writeLoop    readLoop ──▶ frames
 *                                     │          │
 *                                     ▼          ▼
 *                                      the socket
 * ```
 *
 * Two fibers serve a connection for as long as it lives. The writer takes everything that was sent
 * in one turn and writes it at once. The reader pulls only while somebody receives. Whichever of the
 * two ends first says why the connection is over.
 *
 * **Gotchas**: the socket is always let go by force in the end. A polite end waits for unwritten
 * bytes, for ever if the other side does not read; what can be written was written before.
 */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import * as Socket from "effect/socket/Socket"
import { invariant } from "../invariant.ts"
import { Incoming } from "./internal/Incoming.ts"
import { Outgoing } from "./internal/Outgoing.ts"
import { type Connection, ConnectionLost } from "./Transport.ts"
import type { TransportLimits } from "./TransportLimits.ts"

const empty = new Uint8Array(0)

/**
 * Opens `socket` and frames it. The connection closes with the scope.
 *
 * @category constructors
 * @since 0.1.0
 */
export const make = Effect.fnUntraced(function* (
  socket: Socket.Socket,
  options: { readonly remote: string; readonly limits: TransportLimits }
): Effect.fn.Return<Connection, Socket.SocketError, Scope.Scope> {
  const { remote, limits } = options
  const scope = yield* Effect.acquireRelease(Scope.make(), Scope.close)
  const pull = yield* Scope.provide(Socket.readerBytes(socket), scope).pipe(
    Effect.onError(() => Scope.close(scope, Exit.void))
  )
  const writeScope = yield* Scope.fork(scope)
  const writer = yield* Scope.provide(socket.writer, writeScope)

  const incoming = new Incoming({ pull, remote, frameMaxBytes: limits.frameMaxBytes })
  const outgoing = new Outgoing({
    writeAll: writer.writeAll,
    halfClose: Scope.close(writeScope, Exit.void),
    remote,
    maxBytes: limits.outgoingMaxBytes
  })
  const over = Deferred.makeUnsafe<void>()

  const letGo = writer
    .write(new Socket.CloseEvent())
    .pipe(Effect.ignore, Effect.andThen(Scope.close(scope, Exit.void)))

  const life = yield* Effect.raceFirst(incoming.readLoop, outgoing.writeLoop).pipe(
    Effect.tap((reason) =>
      Effect.sync(() => {
        outgoing.fail(
          reason._tag === "ConnectionLost"
            ? reason
            : new ConnectionLost({ remote, reason: "Broken", detail: reason.message })
        )
        // Last: whoever receives goes on at once, and must not find that it can still send.
        incoming.fail(reason)
      })
    ),
    Effect.ensuring(Effect.uninterruptible(letGo)),
    Effect.ensuring(Deferred.succeed(over, undefined)),
    Effect.forkDetach({ startImmediately: true })
  )

  const close = Effect.suspend(() => {
    if (Deferred.isDoneUnsafe(over)) return Effect.void
    const closed = new ConnectionLost({ remote, reason: "Closed", detail: "this side closed it" })
    incoming.discard(closed)
    outgoing.finish(closed)
    return Deferred.await(over).pipe(
      Effect.timeoutOption(limits.closeTimeout),
      Effect.andThen(Fiber.interrupt(life))
    )
  })
  yield* Effect.addFinalizer(() => close)

  return {
    remote,
    send: (head, body = empty) => {
      const bytes = head.length + body.length
      return Effect.suspend(() => {
        invariant(bytes > 0, "TR3: a frame has at least one byte")
        invariant(bytes <= limits.frameMaxBytes, "TR3: a frame has at most FrameMaxBytes bytes")
        return outgoing.send({ head, body })
      })
    },
    receive: incoming.receive,
    close
  }
})
