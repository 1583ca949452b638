import * as Address from "@distri/core/transport/Address"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Exit from "effect/Exit"
import * as net from "node:net"
import * as Network from "./Network.ts"

it.live("what is not cut arrives, there and back, and the end of it too", () =>
  Effect.gen(function* () {
    const { dial } = yield* setUp
    const there = yield* dial
    yield* there.send("hello")
    yield* there.hears("hello")
    yield* Effect.sync(() => there.socket.end())
    yield* there.ends
  })
)

it.live("what is cut one way is held, and arrives when the cut is over", () =>
  Effect.gen(function* () {
    const { dial, network, says, server } = yield* setUp
    const there = yield* dial
    yield* there.send("a")
    yield* there.hears("a")
    const cut = yield* Scope.make()
    yield* Scope.provide(network.impose({ isCut: true, covers: (from) => from === "n" }), cut)
    yield* there.send("b")
    // That way is open.
    yield* until(() => server.heard === "ab")
    assert.strictEqual(there.heard(), "a")
    says("c")
    yield* Effect.sleep("50 millis")
    assert.strictEqual(there.heard(), "a")
    yield* Scope.close(cut, Exit.void)
    yield* there.hears("abc")
  })
)

it.live("who dials while it is cut waits, and who dials slowly waits as long as that takes", () =>
  Effect.gen(function* () {
    const { dial, network, server } = yield* setUp
    const cut = yield* Scope.make()
    yield* Scope.provide(network.impose({ isCut: true, covers: () => true }), cut)
    const there = yield* dial
    yield* there.send("x")
    yield* Effect.sleep("50 millis")
    assert.strictEqual(server.heard, "")
    yield* Scope.close(cut, Exit.void)
    yield* there.hears("x")
    yield* network.impose({ delayMs: 100, covers: () => true })
    const startMs = performance.now()
    yield* there.send("y")
    yield* there.hears("xy")
    assert.isAtLeast(performance.now() - startMs, 190)
  })
)

it.live("connections that are reset are gone on both sides", () =>
  Effect.gen(function* () {
    const { dial, network, server } = yield* setUp
    const there = yield* dial
    yield* there.send("x")
    yield* there.hears("x")
    network.reset(Network.clients, "n")
    yield* there.ends
    yield* until(() => server.open === 0)
  })
)

const until = (holds: () => boolean) =>
  Effect.repeat(Effect.delay(Effect.sync(holds), "5 millis"), { until: (held) => held })

/** A node that says again what it hears, and the way of a client to it. */
const setUp = Effect.gen(function* () {
  const server = { heard: "", open: 0 }
  const sockets = new Set<net.Socket>()
  const listening = yield* Effect.acquireRelease(
    Effect.callback<net.Server>((resume) => {
      const made = net.createServer((socket) => {
        server.open += 1
        sockets.add(socket)
        socket.on("error", () => {}).once("close", () => (server.open -= 1))
        socket.on("data", (bytes) => {
          server.heard += bytes.toString()
          socket.write(bytes)
        })
      })
      made.listen(0, "127.0.0.1", () => resume(Effect.succeed(made)))
    }),
    (made) => Effect.callback<void>((resume) => void made.close(() => resume(Effect.void)))
  )
  const { port } = listening.address() as net.AddressInfo
  const address = Address.Address.make(`127.0.0.1:${port}`)
  const network = yield* Network.make(new Map([["n", address]]))
  const way = Address.parts(network.routes(Network.clients).get(address)!)

  const dial = Effect.gen(function* () {
    let heard = ""
    let isOver = false
    const socket = yield* Effect.acquireRelease(
      Effect.sync(() => net.connect(way)),
      (made) => Effect.sync(() => made.destroy())
    )
    socket.on("data", (bytes) => (heard += bytes.toString()))
    socket.on("error", () => {}).once("close", () => (isOver = true))
    return {
      socket,
      heard: () => heard,
      send: (text: string) => Effect.sync(() => socket.write(text)),
      hears: (text: string) => until(() => heard === text),
      ends: until(() => isOver)
    }
  })
  const says = (text: string) => {
    for (const socket of sockets) socket.write(text)
  }
  return { server, network, dial, says }
})
