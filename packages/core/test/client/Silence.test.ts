import { assert, describe, it } from "@effect/vitest"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import * as Link from "../../src/client/Link.ts"
import * as Handshake from "../../src/service/Handshake.ts"
import * as Wire from "../../src/service/Wire.ts"
import { type Connection, Transport } from "../../src/transport/Transport.ts"
import { Echo, address, startClient } from "../cloud/cloud.ts"
import { nodeId, reportOf, service } from "../cloud/support.ts"

const always = () => true

describe("a node that says nothing", () => {
  it.effect("[CL26] is left after 3 s by what may be repeated, and hears of it", () =>
    Effect.gen(function* () {
      const { heard, link } = yield* open
      const read = yield* request(link, always)
      yield* TestClock.adjust("2900 millis")
      assert.isUndefined(read.pollUnsafe())
      yield* TestClock.adjust("100 millis")
      assert.deepInclude(yield* Effect.flip(Fiber.join(read)), { _tag: "LinkLost", started: true })
      assert.deepStrictEqual(heard.slice(-2), ["Probe", "Interrupt"])
      const lost = yield* Effect.forkChild(link.lost, { startImmediately: true })
      assert.isUndefined(lost.pollUnsafe())
    })
  )

  it.effect(
    "[CL26] is waited for by what must not be repeated, until the connection is closed",
    () =>
      Effect.gen(function* () {
        const { link } = yield* open
        const once = yield* request(link)
        yield* request(link, always)
        yield* TestClock.adjust("9 seconds")
        assert.isUndefined(once.pollUnsafe())
        yield* TestClock.adjust("7 seconds")
        assert.deepInclude(yield* Effect.flip(Fiber.join(once)), { _tag: "LinkLost" })
        yield* link.lost
      })
  )

  it.effect("[CL26] is left by a request that it does not even read", () =>
    Effect.gen(function* () {
      const { link, silence } = yield* open
      silence.reads = false
      const read = yield* request(link, always)
      yield* TestClock.adjust("3 seconds")
      assert.deepInclude(yield* Effect.flip(Fiber.join(read)), { _tag: "LinkLost" })
    })
  )

  it.effect(
    "[CL26] is not meant when it answers a probe within two seconds, however slow it is",
    () =>
      Effect.gen(function* () {
        const { answer, heard, link } = yield* open
        const read = yield* request(link, always)
        for (let at = 0; at < 10; at++) {
          yield* TestClock.adjust("2900 millis")
          assert.strictEqual(heard.at(-1), "Probe")
          yield* answer
        }
        assert.isUndefined(read.pollUnsafe())
      })
  )

  it.effect("[CL26] is left by a call, which goes to another node", () =>
    Effect.gen(function* () {
      const still = yield* speechless("still", 7401)
      const other = yield* speechless("other", 7402)
      const { call, registerNode } = yield* startClient([7401], 1).pipe(
        Effect.provideService(Transport, reaching(still, other)),
        Effect.provide(SecureRandom.layerWebCrypto)
      )
      yield* still.tells("other", 7402)
      const echo = yield* Effect.forkChild(call(Echo, new Uint8Array()))
      yield* Effect.repeat(TestClock.adjust("10 millis"), { times: 9 })
      assert.deepStrictEqual(requestsOf(still, other), [1, 0])
      yield* registerNode(address(7402))
      yield* TestClock.adjust("2800 millis")
      assert.deepStrictEqual(requestsOf(still, other), [1, 0])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(requestsOf(still, other), [1, 1])
      yield* Fiber.interrupt(echo)
    })
  )

  it.effect("[CL26] is waited for by a call that has nowhere else to go", () =>
    Effect.gen(function* () {
      const still = yield* speechless("still", 7401)
      const { call } = yield* startClient([7401], 1).pipe(
        Effect.provideService(Transport, reaching(still)),
        Effect.provide(SecureRandom.layerWebCrypto)
      )
      const echo = yield* Effect.forkChild(call(Echo, new Uint8Array()))
      yield* Effect.repeat(TestClock.adjust("10 millis"), { times: 9 })
      yield* TestClock.adjust("8 seconds")
      assert.notInclude(still.heard, "Interrupt")
      assert.deepStrictEqual(requestsOf(still), [1])
      yield* Fiber.interrupt(echo)
    })
  )

  it.effect("[CL26] costs nothing while nobody waits for it", () =>
    Effect.gen(function* () {
      const { heard, link } = yield* open
      yield* Fiber.interrupt(yield* request(link, always))
      yield* TestClock.adjust("4500 millis")
      assert.deepStrictEqual(heard, ["Probe", "Request", "Interrupt"])
    })
  )
})

/** A connection to a node that greets and reports itself, and then says only what a test makes it say. */
const speechless = Effect.fnUntraced(function* (name: string, port: number) {
  const said = yield* Queue.unbounded<Uint8Array>()
  const heard: Array<string> = []
  const silence = { reads: true }
  let probe = 0
  const hear = (frame: Uint8Array) => {
    // The first frame is the greeting.
    if (frame[0] === 0x7b) return
    const message = Result.getOrThrow(Wire.decode(frame))
    heard.push(message._tag)
    if (message._tag === "Probe") probe = message.id
  }
  const connection: Connection = {
    remote: name,
    send: (head) =>
      Effect.suspend(() => (silence.reads ? Effect.sync(() => hear(head)) : Effect.never)),
    receive: Effect.map(Queue.take(said), (frame) => [frame]),
    close: Queue.shutdown(said)
  }
  const load = { inFlight: 0, queued: 0, meanMs: 0, version: 0, log: "" }
  const answer = Effect.suspend(() => Queue.offer(said, Wire.encodeLoad(probe, load)))
  const hello = { distri: 1, protocol: Handshake.protocol, release: "test", node: nodeId(name) }
  yield* Queue.offer(said, new TextEncoder().encode(JSON.stringify(hello)))
  /** Reports a node. */
  const tells = (node: string, at: number) => {
    const report = reportOf(node, { address: address(at), services: [service("Echo")] })
    const { body, head } = Wire.encodeNode(report, 0)
    return Queue.offer(said, Uint8Array.from([...head, ...body]))
  }
  yield* tells(name, port)
  return { answer, connection, heard, silence, tells }
})

type Speechless = Effect.Success<ReturnType<typeof speechless>>

/** The nodes at port 7401 and on. */
const reaching = (...nodes: ReadonlyArray<Speechless>) =>
  Transport.of({
    dial: (to) => Effect.succeed(nodes.find((_, at) => address(7401 + at) === to)!.connection),
    listen: () => Effect.never
  })

const requestsOf = (...nodes: ReadonlyArray<Speechless>) =>
  nodes.map(({ heard }) => heard.filter((tag) => tag === "Request").length)

const open = Effect.gen(function* () {
  const node = yield* speechless("a", 7401)
  const link = yield* Link.open(address(7401), {}, () => Effect.void).pipe(
    Effect.provideService(Transport, reaching(node))
  )
  yield* TestClock.adjust("1 millis")
  yield* node.answer
  yield* Effect.yieldNow
  return { ...node, link }
})

const request = (link: Link.Link, mayLeave?: () => boolean) =>
  Effect.forkChild(
    link.request(
      {
        service: "Echo",
        mode: "typed",
        fingerprint: "0123456789abcdef",
        size: 0,
        remainingMs: 60_000,
        log: "",
        seen: 0
      },
      new Uint8Array(),
      mayLeave
    ),
    { startImmediately: true }
  )
