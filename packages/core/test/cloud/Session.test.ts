import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as TestClock from "effect/testing/TestClock"
import * as NodeReport from "../../src/cloud/NodeReport.ts"
import * as Session from "../../src/cloud/Session.ts"
import * as Body from "../../src/service/Body.ts"
import * as Handshake from "../../src/service/Handshake.ts"
import * as Wire from "../../src/service/Wire.ts"
import type { NodeId, UpdateInfo } from "../../src/cloud/UpdateInfo.ts"
import type { Connection } from "../../src/transport/Transport.ts"
import { nodeId, reportOf } from "./support.ts"

const upload: Wire.RequestHead = {
  service: "Execute",
  mode: "typed",
  size: 0,
  remainingMs: 600_000,
  log: "",
  seen: 0
}

/** A session with a client, or a node, that says only what a test makes it say; and what was reported. */
const serve = Effect.fnUntraced(function* (node?: NodeId) {
  const started: Array<Uint8Array> = []
  const reports: Array<readonly [from: NodeId, about: NodeId]> = []
  const said = yield* Queue.unbounded<Uint8Array>()
  const connection: Connection = {
    remote: "a client",
    send: () => Effect.void,
    receive: Effect.map(Queue.take(said), (frame) => [frame]),
    close: Effect.void
  }
  const say = (frame: Uint8Array) => Queue.offer(said, frame)
  const context = {
    node: nodeId("own"),
    cluster: "test",
    router: {
      load: () => Effect.succeed({ inFlight: 0, queued: 0, meanMs: 0, version: 0, log: "" }),
      arrive: () => ({ id: 1 }),
      start: (_: number, body: Uint8Array) => void started.push(body),
      progress: () => {},
      cancel: () => {}
    } as never,
    counted: <A, E>(session: Effect.Effect<A, E>) => session,
    onLog: () => undefined,
    onReport: (from: NodeId, report: UpdateInfo) =>
      Effect.sync(() => void reports.push([from, report.node])),
    announce: () => Effect.never
  }
  const session = yield* Effect.forkScoped(Effect.flip(Session.serve(context, connection, 1)))
  const hello = { distri: 1, protocol: Handshake.protocol, release: "test", node }
  yield* say(new TextEncoder().encode(JSON.stringify(hello)))
  yield* TestClock.adjust("1 millis")
  return { reports, say, session, started }
})

describe("Session", () => {
  it.effect("a connection that says nothing for 60 s is closed", () =>
    Effect.gen(function* () {
      const { session } = yield* serve()
      yield* TestClock.adjust("59 seconds")
      assert.isUndefined(session.pollUnsafe())
      yield* TestClock.adjust("1 seconds")
      assert.include((yield* Fiber.join(session)).message, "silent for 60 s")
    })
  )

  it.effect("whatever it says begins the 60 s anew", () =>
    Effect.gen(function* () {
      const { say, session } = yield* serve()
      for (let at = 0; at < 4; at++) {
        yield* TestClock.adjust("40 seconds")
        yield* say(Wire.encodeProbe(at, ""))
      }
      yield* TestClock.adjust("59 seconds")
      assert.isUndefined(session.pollUnsafe())
      yield* TestClock.adjust("2 seconds")
      assert.include((yield* Fiber.join(session)).message, "silent for 60 s")
    })
  )

  it.effect.each([0, 1, 4463, 4465, 70_000])(
    "[WI3] closes a client that sends %i bytes of the 4,464 that are left of its body",
    (length) =>
      Effect.gen(function* () {
        const { say, session, started } = yield* serve()
        const send = (id: number, part: Uint8Array) =>
          say(Uint8Array.from([...Wire.encodeChunk(id), ...part]))
        const body = new Uint8Array(Body.chunkBytes + 4464)
        for (const id of [1, 2]) {
          yield* say(Wire.encodeRequest(id, { ...upload, size: body.length }))
          yield* send(id, body.subarray(0, Body.chunkBytes))
        }
        yield* send(1, body.subarray(Body.chunkBytes))
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual(started, [body])
        assert.isUndefined(session.pollUnsafe())
        yield* send(2, new Uint8Array(length))
        yield* TestClock.adjust("1 millis")
        assert.isDefined(session.pollUnsafe())
        assert.include((yield* Fiber.join(session)).message, "a part of another size")
        assert.lengthOf(started, 1)
      })
  )

  it.effect("[CL4] takes reports from nodes, and closes a client that sends one", () =>
    Effect.gen(function* () {
      const { body, head } = Wire.encodeNode(reportOf("other"), 0)
      const frame = Uint8Array.from([...head, ...body])
      const other = yield* serve(nodeId("other"))
      yield* other.say(frame)
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(other.reports, [[nodeId("other"), nodeId("other")]])
      const client = yield* serve()
      yield* client.say(frame)
      assert.include((yield* Fiber.join(client.session)).message, "a client sent Node")
      assert.deepStrictEqual(client.reports, [])
    })
  )

  it.effect("[CL4] a report in the name of another node is dropped", () =>
    Effect.gen(function* () {
      const taken: Array<NodeId> = []
      const table = { report: (info: UpdateInfo) => Effect.sync(() => void taken.push(info.node)) }
      const take = NodeReport.take(table as never)
      yield* take(nodeId("other"), reportOf("other"))
      yield* take(nodeId("other"), reportOf("own"))
      assert.deepStrictEqual(taken, [nodeId("other")])
    })
  )
})
