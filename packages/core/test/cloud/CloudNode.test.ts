import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import { Transport } from "../../src/transport/Transport.ts"
import {
  address,
  Base,
  Broken,
  Echo,
  Gate,
  Held,
  HeldPure,
  Interrupted,
  Length,
  startClient,
  startNode
} from "./cloud.ts"

const ports = [7401, 7402, 7403]
const startThree = Effect.forEach(
  ports,
  (port) =>
    startNode(
      port,
      ports.filter((other) => other !== port)
    ),
  { concurrency: "unbounded" }
)
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)
const bytes = (value: string) => new TextEncoder().encode(value)
const tagOf = <A, E extends { readonly _tag: string }>(self: Effect.Effect<A, E, never>) =>
  Effect.map(Effect.flip(self), ({ _tag }) => _tag)
/** Lets fibers and sockets in memory do what they can do now. */
const settle = Effect.gen(function* () {
  for (let i = 0; i < 200; i++) yield* Effect.yieldNow
})

describe("CloudNode", { timeout: 30_000 }, () => {
  it.live("serves a typed call, and the same service by name with bytes", () =>
    Effect.gen(function* () {
      yield* startThree
      const client = yield* startClient([7401])
      assert.deepStrictEqual(yield* client.call(Length, { text: "four" }), { length: 4 })
      assert.strictEqual(
        text(yield* client.sendData(bytes('{"text":"abc"}'), "Length")),
        '{"length":3}'
      )
      assert.strictEqual(text(yield* client.sendData(bytes("raw"), "Echo")), "raw")
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("carries a body of many frames both ways, unchanged", () =>
    Effect.gen(function* () {
      yield* startNode(7401)
      const client = yield* startClient([7401])
      const large = Uint8Array.from({ length: 5_000_000 }, (_, i) => (i * 31) & 0xff)
      assert.deepStrictEqual(yield* client.sendData(large, "Echo"), large)
      assert.deepStrictEqual(yield* client.call(Echo, new Uint8Array()), new Uint8Array())
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("answers a typed error by type, and by bytes as JSON", () =>
    Effect.gen(function* () {
      yield* startNode(7401)
      const client = yield* startClient([7401])
      const typed = yield* Effect.flip(client.call(Length, { text: "" }))
      assert.deepInclude(typed, { _tag: "NoGood", why: "empty" })
      const plain = yield* Effect.flip(client.sendData(bytes('{"text":""}'), "Length"))
      assert.deepInclude(plain, { _tag: "ServiceError", error: { _tag: "NoGood", why: "empty" } })
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("gives bad input a typed error, and goes on", () =>
    Effect.gen(function* () {
      yield* startNode(7401, [], { limits: { bodyBytesMax: 100_000 } })
      const client = yield* startClient([7401])
      assert.strictEqual(yield* tagOf(client.sendData(bytes("x"), "Nothing")), "ServiceNotFound")
      assert.strictEqual(yield* tagOf(client.sendData(bytes("{"), "Length")), "InvalidPayload")
      assert.strictEqual(
        yield* tagOf(client.sendData(bytes('{"text":1}'), "Length")),
        "InvalidPayload"
      )
      assert.strictEqual(
        yield* tagOf(client.sendData(new Uint8Array(100_001), "Echo")),
        "BodyTooLarge"
      )
      const internal = client.sendData(bytes("1"), "AppendEntry", { node: address(7401) })
      assert.strictEqual(yield* tagOf(internal), "NotAuthorized")
      assert.strictEqual(text(yield* client.sendData(bytes("still here"), "Echo")), "still here")
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live(
    "[WI4] names, keys and parameters that no frame can hold are refused before they are sent",
    () =>
      Effect.gen(function* () {
        yield* startNode(7401)
        const client = yield* startClient([7401])
        const long = "x".repeat(20_000)
        const data = bytes("1")
        const calls = [
          client.sendData(data, long),
          client.sendData(data, "Echo", { idempotencyKey: long }),
          client.sendDataWithParams(data, "Echo", [long])
        ]
        for (const call of calls) assert.strictEqual(yield* tagOf(call), "InvalidPayload")
        // What a node answers repeats parts of the request, and must fit as well.
        const odd = bytes(JSON.stringify({ text: { ["é".repeat(200_000)]: 1 } }))
        assert.strictEqual(yield* tagOf(client.sendData(odd, "Length")), "InvalidPayload")
        assert.strictEqual(text(yield* client.sendData(data, "Echo")), "1")
      }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("a handler that breaks fails its own call only, and tells no internals", () =>
    Effect.gen(function* () {
      yield* startNode(7401)
      const client = yield* startClient([7401])
      const [broken, fine] = yield* Effect.all(
        [Effect.flip(client.call(Broken, undefined)), client.call(Echo, bytes("fine"))],
        { concurrency: 2 }
      )
      assert.strictEqual(broken._tag, "ServiceFailed")
      assert.notInclude(JSON.stringify(broken), "secret")
      assert.strictEqual(text(fine), "fine")
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("[CL8] a handler that interrupts itself is answered like one that breaks", () =>
    Effect.gen(function* () {
      yield* startNode(7401)
      const client = yield* startClient([7401])
      assert.strictEqual(yield* tagOf(client.call(Interrupted, undefined)), "ServiceFailed")
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("[CL8] a long queue of quick requests behind a slow one is answered whole", () =>
    Effect.gen(function* () {
      yield* startNode(7401, [], { limits: { connectionMax: 2000, queueMax: 2000 } })
      const client = yield* startClient([7401])
      const gate = yield* Gate
      const calls = yield* Effect.forEach(Array.from({ length: 1500 }), () =>
        Effect.forkChild(client.call(HeldPure, undefined))
      )
      while (gate.started === 0) yield* Effect.yieldNow
      yield* settle
      yield* Deferred.succeed(gate.open, undefined)
      for (const call of calls) assert.strictEqual(yield* Fiber.join(call), "done")
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("[CL13] an interrupted call interrupts its handler", () =>
    Effect.gen(function* () {
      yield* startNode(7401)
      const client = yield* startClient([7401])
      const gate = yield* Gate
      const call = yield* Effect.forkChild(client.call(Held, undefined))
      while (gate.started === 0) yield* Effect.yieldNow
      yield* Fiber.interrupt(call)
      while (gate.interrupted === 0) yield* Effect.yieldNow
      const { cancelled, running } = Result.getOrThrow(
        (yield* client.collectStats).get(address(7401))!
      )
      assert.deepStrictEqual({ cancelled, running }, { cancelled: 1, running: 0 })
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("[CL13] a client that goes away leaves no handler running", () =>
    Effect.gen(function* () {
      yield* startNode(7401)
      const gate = yield* Gate
      const scope = yield* Scope.make()
      const client = yield* Scope.provide(startClient([7401]), scope)
      yield* Effect.forkChild(Effect.ignore(client.call(Held, undefined)))
      while (gate.started === 0) yield* Effect.yieldNow
      yield* Scope.close(scope, Exit.void)
      while (gate.interrupted === 0) yield* Effect.yieldNow
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("[CL12] a call ends at its deadline, and so does its handler", () =>
    Effect.gen(function* () {
      yield* startNode(7401)
      const client = yield* startClient([7401])
      const gate = yield* Gate
      // The node is found, so that the time goes to the handler.
      yield* client.call(Length, { text: "" }).pipe(Effect.flip)
      const error = yield* Effect.flip(client.call(Held, undefined, { timeout: 50 }))
      assert.strictEqual(error._tag, "DeadlineExceeded")
      while (gate.interrupted < gate.started) yield* Effect.yieldNow
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("[CL11] Stats answers while every handler is busy, and is not counted itself", () =>
    Effect.gen(function* () {
      yield* startNode(7401, [], { limits: { queueMax: 0 } })
      const client = yield* startClient([7401])
      const gate = yield* Gate
      yield* Effect.forkChild(client.call(HeldPure, undefined))
      while (gate.started === 0) yield* Effect.yieldNow
      const stats = Result.getOrThrow((yield* client.collectStats).get(address(7401))!)
      assert.deepInclude(stats, { received: 1, accepted: 1, running: 1, state: "ready" })
      yield* Deferred.succeed(gate.open, undefined)
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("a full node refuses, and the client comes back until it has room", () =>
    Effect.gen(function* () {
      const node = yield* startNode(7401, [], { limits: { queueMax: 2 } })
      const client = yield* startClient([7401])
      const gate = yield* Gate
      const calls = yield* Effect.forEach(Array.from({ length: 20 }), () =>
        Effect.forkChild(client.call(HeldPure, undefined))
      )
      yield* Effect.repeat(node.stats, {
        until: ({ refused }) => (refused["Overloaded"] ?? 0) > 0,
        schedule: Schedule.spaced("5 millis")
      })
      yield* Deferred.succeed(gate.open, undefined)
      for (const call of calls) assert.strictEqual(yield* Fiber.join(call), "done")
      const stats = Result.getOrThrow((yield* client.collectStats).get(address(7401))!)
      assert.isAbove(stats.refused["Overloaded"] ?? 0, 0)
      assert.deepInclude(stats, { completed: 20, failed: 0, queued: 0, running: 0 })
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live(
    "[CL17] [CL18] a draining node finishes what runs, hands back what waits, and callers notice nothing",
    () =>
      Effect.gen(function* () {
        const gate = yield* Gate
        const scope = yield* Scope.make()
        yield* Scope.provide(startNode(7401, [7402]), scope)
        const client = yield* startClient([7401], 1)
        // One runs on the first node, the others wait there: it is the only one that the client knows.
        const calls = yield* Effect.forEach([1, 2, 3, 4], () =>
          Effect.forkChild(client.call(HeldPure, undefined))
        )
        while (gate.started === 0) yield* Effect.yieldNow
        yield* settle
        assert.strictEqual(gate.started, 1)
        yield* startNode(7402, [7401])
        yield* client.registerNode(address(7402))
        const closing = yield* Effect.forkChild(Scope.close(scope, Exit.void))
        while (gate.started < 2) yield* Effect.yieldNow
        yield* Deferred.succeed(gate.open, undefined)
        for (const call of calls) assert.strictEqual(yield* Fiber.join(call), "done")
        yield* Fiber.join(closing)
        assert.strictEqual(gate.interrupted, 0)
        const [, stats] = [...(yield* client.collectStats)].find(
          ([node]) => node === address(7402)
        )!
        assert.strictEqual(Result.getOrThrow(stats).completed, 3)
      }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("[CL15] a call that may be repeated goes elsewhere when its node is lost", () =>
    Effect.gen(function* () {
      const gate = yield* Gate
      const scope = yield* Scope.make()
      yield* Scope.provide(startNode(7401, [7402], { drainTimeout: 0 }), scope)
      const client = yield* startClient([7401], 1)
      const pure = yield* Effect.forkChild(client.call(HeldPure, undefined))
      const once = yield* Effect.forkChild(Effect.flip(client.call(Held, undefined)))
      while (gate.started < 2) yield* Effect.yieldNow
      yield* startNode(7402, [7401])
      yield* client.registerNode(address(7402))
      yield* Scope.close(scope, Exit.void)
      yield* Deferred.succeed(gate.open, undefined)
      assert.strictEqual(yield* Fiber.join(pure), "done")
      assert.strictEqual((yield* Fiber.join(once))._tag, "UnknownOutcome")
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("garbage and half a frame end their own connection, and nobody else's", () =>
    Effect.gen(function* () {
      yield* startNode(7401)
      const client = yield* startClient([7401])
      const transport = yield* Transport
      for (const garbage of ["GET / HTTP/1.1", "{}", '{"distri":1}', ""]) {
        const connection = yield* transport.dial(address(7401))
        yield* connection.send(bytes(`${garbage} `))
        yield* Effect.ignore(Effect.forever(connection.receive))
      }
      assert.strictEqual(text(yield* client.call(Echo, bytes("served"))), "served")
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("[CL20] sides that cannot talk get VersionMismatch with both versions", () =>
    Effect.gen(function* () {
      yield* startNode(7401, [], { cluster: "ours" })
      const transport = yield* Transport
      const connection = yield* transport.dial(address(7401))
      const hello = { distri: 1, protocol: { min: 9, max: 9 }, release: "9.0.0" }
      yield* connection.send(bytes(JSON.stringify(hello)))
      const frames: Array<string> = []
      yield* Effect.ignore(
        Effect.forever(Effect.map(connection.receive, (batch) => frames.push(...batch.map(text))))
      )
      assert.include(frames.at(-1), "VersionMismatch")
      assert.include(frames.at(-1), "9 (release 9.0.0)")
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("a call to a cloud that does not run says which addresses were tried, and why", () =>
    Effect.gen(function* () {
      const client = yield* startClient([7499])
      const error = yield* Effect.flip(client.call(Echo, bytes("x"), { timeout: 300 }))
      assert.include(["CloudUnreachable", "DeadlineExceeded"], error._tag)
    }).pipe(Effect.scoped, Effect.provide(Base))
  )
})
