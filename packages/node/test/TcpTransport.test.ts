import { assert, it } from "@effect/vitest"
import { type Connection, Transport } from "@distri/core/transport/Transport"
import * as Address from "@distri/core/transport/Address"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import * as net from "node:net"
import { RawNetwork, bulk, echo, turns } from "../../core/test/transport/contract/harness.ts"
import { transportContract } from "../../core/test/transport/TransportContract.ts"
import * as TcpTransport from "../src/TcpTransport.ts"

const connect = (address: Address.Address) =>
  Effect.acquireRelease(
    Effect.callback<net.Socket>((resume) => {
      const socket = net.connect({ ...Address.parts(address), allowHalfOpen: true })
      socket.on("error", () => {})
      socket.once("connect", () => resume(Effect.succeed(socket)))
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

const rawNetwork = Layer.succeed(
  RawNetwork,
  RawNetwork.of({
    connect: (address) =>
      Effect.map(connect(address), (socket) => ({
        write: (bytes) =>
          Effect.callback<void>((resume) => {
            socket.write(bytes, () => resume(Effect.void))
          }),
        end: Effect.sync(() => socket.end()),
        cut: Effect.sync(() => socket.resetAndDestroy()),
        rest: Effect.callback<Uint8Array>((resume) => {
          const chunks: Array<Buffer> = []
          const done = () => resume(Effect.succeed(Buffer.concat(chunks)))
          socket.on("data", (chunk) => chunks.push(chunk))
          socket.once("end", done)
          socket.once("close", done)
        })
      }))
  })
)

transportContract("TCP", Layer.merge(TcpTransport.layer, rawNetwork))

const withTcp = Effect.provide(TcpTransport.layer)
const openSockets = () =>
  process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap").length

it.effect("[TR8] a hundred connections that come and go leave no socket open", () =>
  Effect.gen(function* () {
    const before = openSockets()
    yield* Effect.scoped(
      Effect.gen(function* () {
        const transport = yield* Transport
        const listener = yield* transport.listen(Address.Address.make("localhost:0"))
        yield* Effect.forkScoped(listener.run(echo))
        yield* Effect.forEach(
          Array.from({ length: 100 }),
          () => Effect.scoped(Effect.flatMap(transport.dial(listener.address), once)),
          { concurrency: 20 }
        )
        assert.match(listener.address, /^localhost:[1-9]\d*$/)
      })
    )
    // A destroyed socket is gone when its close event is.
    yield* Effect.repeat(Effect.yieldNow, { until: () => openSockets() <= before })
  }).pipe(withTcp)
)

it.effect("[TR8] a connection whose other side never reads leaves no socket open", () =>
  Effect.gen(function* () {
    const transport = yield* Transport
    const listener = yield* transport.listen(Address.Address.make("127.0.0.1:0"))
    const accepted = yield* Deferred.make<Connection>()
    yield* Effect.forkScoped(
      listener.run((connection) =>
        Effect.andThen(Deferred.succeed(accepted, connection), Effect.never)
      )
    )
    yield* connect(listener.address)
    const server = yield* Deferred.await(accepted)
    yield* Effect.forkScoped(Effect.forever(server.send(bulk)))
    yield* turns(50)
    const before = openSockets()
    const closing = yield* Effect.forkScoped(server.close, { startImmediately: true })
    yield* TestClock.adjust("2 seconds")
    yield* Fiber.join(closing)
    yield* Effect.repeat(Effect.yieldNow, { until: () => openSockets() < before })
  }).pipe(withTcp)
)

it.effect("[TR10] a machine that cannot be reached is given up after the dial timeout", () =>
  Effect.gen(function* () {
    const transport = yield* Transport
    // An address for documentation: nobody has it. Some networks say so at once, others never.
    const address = Address.Address.make("192.0.2.1:7400")
    const dialing = yield* Effect.forkScoped(Effect.flip(transport.dial(address)), {
      startImmediately: true
    })
    yield* TestClock.adjust("5 seconds")
    const error = yield* Fiber.join(dialing)
    assert.strictEqual(error._tag, "DialFailed")
    assert.match(error.message, /^cannot connect to 192\.0\.2\.1:7400: [^\n]+$/)
  }).pipe(withTcp)
)

const once = (connection: Connection) =>
  Effect.andThen(connection.send(Uint8Array.of(1)), connection.receive)
