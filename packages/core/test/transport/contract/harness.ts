/** What the parts of the contract share: the transport under test, and small programs on it. */
import { assert } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as Address from "../../../src/transport/Address.ts"
import { type Connection, Transport } from "../../../src/transport/Transport.ts"

export interface RawPeer {
  readonly write: (bytes: Uint8Array) => Effect.Effect<void>
  readonly end: Effect.Effect<void>
  /** A reset, as when the process was killed. */
  readonly cut: Effect.Effect<void>
  /** Everything that comes until the other side ends, whether politely or not. */
  readonly rest: Effect.Effect<Uint8Array>
}

export class RawNetwork extends Context.Service<
  RawNetwork,
  { readonly connect: (address: Address.Address) => Effect.Effect<RawPeer, never, Scope.Scope> }
>()("@distri/core/test/transport/RawNetwork") {}

export const anyPort = Address.Address.make("127.0.0.1:0")

export type Test = (
  title: string,
  body: Effect.Effect<void, unknown, Transport | RawNetwork | Scope.Scope>,
  limits?: Layer.Layer<never>
) => void

/** `length` bytes that differ from their neighbours and from those of another length. */
export const pattern = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 255)

export const bulk = pattern(256 * 1024)

export const assertSameFrames = (
  actual: ReadonlyArray<Uint8Array>,
  expected: ReadonlyArray<Uint8Array>
) => {
  assert.deepStrictEqual(
    actual.map((frame) => frame.length),
    expected.map((frame) => frame.length)
  )
  for (const [index, frame] of actual.entries()) {
    assert.isTrue(Buffer.compare(frame, expected[index]!) === 0, `frame ${index} differs`)
  }
}

export const start = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.forkScoped(effect, { startImmediately: true })

export const turns = (count: number) => Effect.repeat(Effect.yieldNow, { times: count })

export const echo = (connection: Connection) =>
  Effect.gen(function* () {
    while (true) {
      for (const frame of yield* connection.receive) yield* connection.send(frame)
    }
  })

export const receiveCount = Effect.fnUntraced(function* (connection: Connection, count: number) {
  const received: Array<Uint8Array> = []
  while (received.length < count) received.push(...(yield* connection.receive))
  return received
})

export const listen = Effect.fnUntraced(function* <E, R>(
  handler: (connection: Connection) => Effect.Effect<void, E, R>
) {
  const transport = yield* Transport
  const listener = yield* transport.listen(anyPort)
  yield* start(listener.run(handler))
  return listener
})

export const dial = ({ address }: { readonly address: Address.Address }) =>
  Effect.flatMap(Transport, (transport) => transport.dial(address))

export const dialTo = <E>(handler: (connection: Connection) => Effect.Effect<void, E>) =>
  Effect.flatMap(listen(handler), dial)

/** A listener whose connections are held open and handed to the test. */
export const listenQueue = Effect.gen(function* () {
  const connections = yield* Queue.unbounded<Connection>()
  const listener = yield* listen((connection) =>
    Effect.andThen(Queue.offer(connections, connection), Effect.never)
  )
  return { address: listener.address, connections }
})

export const pair = Effect.gen(function* () {
  const listener = yield* listenQueue
  return yield* joined(listener)
})

/** A dialed connection and its other end. They end together: alone, each would wait for the other. */
export const joined = Effect.fnUntraced(function* (listener: {
  readonly address: Address.Address
  readonly connections: Queue.Queue<Connection>
}) {
  const client = yield* dial(listener)
  const server = yield* Queue.take(listener.connections)
  yield* Effect.addFinalizer(() =>
    Effect.all([client.close, server.close], { concurrency: "unbounded" })
  )
  return [client, server] as const
})

export const rawTo = Effect.gen(function* () {
  const raw = yield* RawNetwork
  const listener = yield* listenQueue
  const peer = yield* raw.connect(listener.address)
  return [peer, yield* Queue.take(listener.connections)] as const
})
