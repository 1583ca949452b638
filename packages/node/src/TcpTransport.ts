/**
 * The transport over plain TCP.
 *
 * Framing, limits, backpressure and closing are the shared ones; here are only the sockets and the
 * words for their errors. Nagle's algorithm is off: the framing already writes once per turn, and
 * waiting for more would only add delay.
 *
 * **Gotchas**: a peer whose machine vanished is not noticed while nothing is sent; whoever needs to
 * know asks for a sign of life over the connection.
 */
import * as Acceptor from "@distri/core/transport/Acceptor"
import * as Address from "@distri/core/transport/Address"
import * as FramedSocket from "@distri/core/transport/FramedSocket"
import {
  DialFailed,
  ListenFailed,
  type Listener,
  Transport
} from "@distri/core/transport/Transport"
import * as TransportLimits from "@distri/core/transport/TransportLimits"
import * as NodeSocket from "@effect/platform-node/NodeSocket"
import * as NodeSocketServer from "@effect/platform-node/NodeSocketServer"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as NetAddress from "effect/net/NetAddress"
import * as Predicate from "effect/Predicate"
import type * as Socket from "effect/socket/Socket"

const make = Effect.gen(function* () {
  const limits = yield* TransportLimits.current

  const dial: Transport["Service"]["dial"] = Effect.fnUntraced(function* (address) {
    const socket = yield* NodeSocket.makeNet({
      ...Address.parts(address),
      noDelay: true,
      openTimeout: limits.dialTimeout
    })
    return yield* FramedSocket.make(socket, { remote: address, limits }).pipe(
      Effect.mapError(
        (error) =>
          new DialFailed({
            address,
            reason: dialReason(error, limits.dialTimeout),
            isRefused: codeOf(error.reason.cause) === "ECONNREFUSED"
          })
      )
    )
  })

  const listen: Transport["Service"]["listen"] = Effect.fnUntraced(function* (wanted) {
    const server = yield* NodeSocketServer.make({ ...Address.parts(wanted), noDelay: true }).pipe(
      Effect.mapError((error) => listenFailed(wanted, error.reason.cause))
    )
    const acceptor = yield* Acceptor.make(limits)
    const run: Listener["run"] = (handler) =>
      server
        .run((socket) =>
          Effect.flatMap(remoteName, (remote) => acceptor.accept(socket, remote, handler))
        )
        .pipe(Effect.orDie, Effect.ensuring(acceptor.endAll))
    return { address: boundAddress(wanted, server.address), run }
  })

  return Transport.make({ dial, listen })
})

// The server provides the socket to each handler, which its type does not say.
const remoteName = Effect.map(Effect.serviceOption(NodeSocket.NetSocket), (socket) =>
  socket._tag === "Some" && socket.value.remoteAddress !== undefined
    ? `${socket.value.remoteAddress}:${socket.value.remotePort}`
    : "a client that is gone"
)

// The name that was asked for stays: a client of `localhost` need not know which family it got.
const boundAddress = (wanted: Address.Address, bound: NetAddress.SocketAddress) =>
  bound._tag === "UnixPathAddress" ? wanted : Address.withPort(wanted, bound.port)

const codeOf = (cause: unknown): string =>
  Predicate.hasProperty(cause, "code") && typeof cause.code === "string" ? cause.code : ""

const dialReason = ({ reason }: Socket.SocketError, timeout: Duration.Duration): string => {
  if (reason._tag === "SocketOpenError" && reason.kind === "Timeout") {
    return `no answer within ${Duration.format(timeout)}`
  }
  if (reason._tag === "SocketCloseError") return "it was closed at once"
  switch (codeOf(reason.cause)) {
    case "ECONNREFUSED":
      return "nothing listens there"
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return "no machine of this name is known"
    case "EHOSTUNREACH":
    case "ENETUNREACH":
      return "there is no way to this machine"
    case "ETIMEDOUT":
      return "the machine did not answer"
    default:
      return messageOf(reason.cause)
  }
}

const listenFailed = (address: Address.Address, cause: unknown): ListenFailed => {
  const { host, port } = Address.parts(address)
  switch (codeOf(cause)) {
    case "EADDRINUSE":
      return new ListenFailed({
        address,
        reason: "AddressInUse",
        detail: `port ${port} of ${host} is in use; stop the other process or choose another port`
      })
    case "EADDRNOTAVAIL":
    case "EAFNOSUPPORT":
    case "ENOTFOUND":
      return new ListenFailed({
        address,
        reason: "NotSupported",
        detail: `this machine has no address ${host}; listen on 127.0.0.1:${port}`
      })
    case "EACCES":
      return new ListenFailed({
        address,
        reason: "Other",
        detail: `port ${port} needs special rights; choose a port from 1024 up`
      })
    default:
      return new ListenFailed({ address, reason: "Other", detail: messageOf(cause) })
  }
}

const messageOf = (cause: unknown): string => (cause instanceof Error ? cause.message : `${cause}`)

/**
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Transport> = Layer.effect(Transport, make)
