/**
 * The transport of one simulated process: the framing, limits and loops of all transports, over sockets
 * whose bytes travel through the kernel.
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
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Socket from "effect/socket/Socket"
import { dial } from "./dial.ts"
import type { Place } from "./SimConnection.ts"
import type { SimNet } from "./SimNet.ts"
import { simSocket } from "./simSocket.ts"

interface Accepted {
  readonly socket: Socket.Socket
  readonly remote: string
}

/** Both are closed by the network when the process ends. */
export const layer = (net: SimNet, place: Place): Layer.Layer<Transport> =>
  Layer.effect(
    Transport,
    Effect.gen(function* () {
      const limits = yield* TransportLimits.current
      const { dialTimeout } = limits
      return Transport.make({
        dial: (address) =>
          dial(net, place, address).pipe(
            Effect.timeoutOrElse({
              duration: dialTimeout,
              orElse: () => noAnswer(address, dialTimeout)
            }),
            Effect.flatMap((socket) =>
              FramedSocket.make(socket, { remote: address, limits }).pipe(
                Effect.mapError((error) => new DialFailed({ address, reason: error.message }))
              )
            )
          ),
        listen: (address) => listen(net, place, limits, address)
      })
    })
  )

const noAnswer = (address: Address.Address, within: Duration.Duration) =>
  Effect.fail(new DialFailed({ address, reason: `no answer within ${Duration.format(within)}` }))

const listen = Effect.fnUntraced(function* (
  net: SimNet,
  place: Place,
  limits: TransportLimits.TransportLimits,
  wanted: Address.Address
) {
  const isFree = Address.parts(wanted).port === 0
  const address = isFree ? Address.withPort(wanted, net.freePort()) : wanted
  if (net.listening.has(address)) {
    return yield* new ListenFailed({
      address,
      reason: "AddressInUse",
      detail: "another listener has it; close that one or choose another port"
    })
  }
  // Made by a fiber of this process, by whose scheduler it wakes its taker.
  const arrivals = yield* Queue.unbounded<Accepted>()
  const acceptor = yield* Acceptor.make(limits)
  let accepted = 0
  yield* Effect.acquireRelease(
    Effect.sync(() =>
      net.listening.set(address, {
        ...place,
        onConnection: (connection, side) =>
          void Queue.offerUnsafe(arrivals, {
            socket: simSocket(connection, side),
            remote: `${connection.left.host.name}:${++accepted}`
          })
      })
    ),
    () => {
      net.listening.delete(address)
      return Effect.flatMap(
        Queue.clear(arrivals),
        Effect.forEach(({ socket }) => Acceptor.refuse(socket))
      )
    }
  )
  const run: Listener["run"] = (handler) =>
    Queue.take(arrivals).pipe(
      Effect.flatMap(({ socket, remote }) => acceptor.accept(socket, remote, handler)),
      Effect.forever,
      Effect.ensuring(acceptor.endAll)
    )
  return { address, run }
})
