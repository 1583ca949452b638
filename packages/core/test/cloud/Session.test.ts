import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as TestClock from "effect/testing/TestClock"
import * as Session from "../../src/cloud/Session.ts"
import * as Handshake from "../../src/service/Handshake.ts"
import * as Wire from "../../src/service/Wire.ts"
import type { Connection } from "../../src/transport/Transport.ts"
import { nodeId } from "./support.ts"

/** A session with a client that says only what a test makes it say. */
const serve = Effect.gen(function* () {
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
      load: () => Effect.succeed({ inFlight: 0, queued: 0, meanMs: 0, version: 0, log: "" })
    } as never,
    counted: <A, E>(session: Effect.Effect<A, E>) => session,
    onLog: () => undefined,
    announce: () => Effect.never
  }
  const session = yield* Effect.forkScoped(Effect.flip(Session.serve(context, connection, 1)))
  const hello = { distri: 1, protocol: Handshake.protocol, release: "test" }
  yield* say(new TextEncoder().encode(JSON.stringify(hello)))
  yield* TestClock.adjust("1 millis")
  return { say, session }
})

describe("Session", () => {
  it.effect("a connection that says nothing for 60 s is closed", () =>
    Effect.gen(function* () {
      const { session } = yield* serve
      yield* TestClock.adjust("59 seconds")
      assert.isUndefined(session.pollUnsafe())
      yield* TestClock.adjust("1 seconds")
      assert.include((yield* Fiber.join(session)).message, "silent for 60 s")
    })
  )

  it.effect("whatever it says begins the 60 s anew", () =>
    Effect.gen(function* () {
      const { say, session } = yield* serve
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
})
