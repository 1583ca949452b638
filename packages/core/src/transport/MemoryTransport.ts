/**
 * A transport inside one process, for tests and for a cloud in one program.
 *
 * The same framing, limits and loops as over TCP run on a socket in memory. Every `MemoryNetwork` is a
 * world of its own: its addresses are reachable only through it.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Socket from "effect/socket/Socket"
import * as Acceptor from "./Acceptor.ts"
import * as Address from "./Address.ts"
import * as FramedSocket from "./FramedSocket.ts"
import * as MemorySocket from "./MemorySocket.ts"
import { DialFailed, ListenFailed, type Listener, Transport } from "./Transport.ts"
import * as TransportLimits from "./TransportLimits.ts"

interface Accepted {
  readonly socket: Socket.Socket
  readonly remote: string
}

interface Endpoint {
  readonly arrivals: Queue.Queue<Accepted>
  readonly cuts: Set<Effect.Effect<void>>
}

type Endpoints = Map<Address.Address, Endpoint>

/**
 * What a test can do to the network that a program cannot.
 *
 * @category services
 * @since 0.1.0
 */
export class MemoryNetwork extends Context.Service<
  MemoryNetwork,
  {
    /** Breaks every open connection of the listener at `address`, without a word to either side. */
    readonly cut: (address: Address.Address) => Effect.Effect<void>

    /** Connects a bare socket, to say what no connection would say. `cut` breaks this one only. */
    readonly connect: (
      address: Address.Address
    ) => Effect.Effect<
      { readonly socket: Socket.Socket; readonly cut: Effect.Effect<void> },
      DialFailed
    >
  }
>()("@distri/core/transport/MemoryTransport/MemoryNetwork") {}

const make = Effect.gen(function* () {
  const limits = yield* TransportLimits.current
  const endpoints: Endpoints = new Map()
  const connect = makeConnect(endpoints)
  const network = MemoryNetwork.of({
    connect,
    cut: (address) =>
      Effect.suspend(() => Effect.all(endpoints.get(address)?.cuts ?? [], { discard: true }))
  })
  const dial: Transport["Service"]["dial"] = Effect.fnUntraced(function* (address) {
    const { socket } = yield* connect(address)
    return yield* FramedSocket.make(socket, { remote: address, limits }).pipe(
      Effect.mapError((error) => new DialFailed({ address, reason: error.message }))
    )
  })
  return Context.make(
    Transport,
    Transport.make({ dial, listen: makeListen(endpoints, limits) })
  ).pipe(Context.add(MemoryNetwork, network))
})

const makeConnect = (endpoints: Endpoints): MemoryNetwork["Service"]["connect"] => {
  let clients = 0
  return Effect.fnUntraced(function* (address) {
    const endpoint = endpoints.get(address)
    if (endpoint === undefined) {
      return yield* new DialFailed({ address, reason: "nothing listens there", isRefused: true })
    }
    const pair = yield* MemorySocket.makePair
    endpoint.cuts.add(pair.cut)
    yield* Queue.offer(endpoint.arrivals, {
      socket: onClosed(pair.right, () => endpoint.cuts.delete(pair.cut)),
      remote: `memory:${++clients}`
    })
    return { socket: pair.left, cut: pair.cut }
  })
}

const firstFreePort = 49152

const makeListen = (
  endpoints: Endpoints,
  limits: TransportLimits.TransportLimits
): Transport["Service"]["listen"] => {
  let nextPort = firstFreePort
  const withFreePort = (wanted: Address.Address): Address.Address => {
    const address = Address.withPort(wanted, nextPort++)
    return endpoints.has(address) ? withFreePort(wanted) : address
  }

  return Effect.fnUntraced(function* (wanted) {
    if (endpoints.has(wanted)) {
      return yield* new ListenFailed({
        address: wanted,
        reason: "AddressInUse",
        detail: "another listener has it; close that one or choose another port"
      })
    }
    const address = Address.parts(wanted).port === 0 ? withFreePort(wanted) : wanted
    const arrivals = yield* Queue.unbounded<Accepted>()
    const acceptor = yield* Acceptor.make(limits)
    yield* Effect.acquireRelease(
      Effect.sync(() => endpoints.set(address, { arrivals, cuts: new Set() })),
      () => {
        endpoints.delete(address)
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
}

const onClosed = (socket: Socket.Socket, then: () => void): Socket.Socket =>
  Socket.make({
    reader: Effect.tap(socket.reader, () => Effect.addFinalizer(() => Effect.sync(then))),
    writer: socket.writer
  })

/**
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Transport | MemoryNetwork> = Layer.effectContext(make)
