import { assert } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { TestClock } from "effect/testing"
import * as TransportLimits from "../../../src/transport/TransportLimits.ts"
import {
  type Test,
  bulk,
  pattern,
  assertSameFrames,
  start,
  turns,
  receiveCount,
  pair,
  rawTo
} from "./harness.ts"

export const ends = (test: Test) => {
  test(
    "[TR5] close writes everything that was sent before it",
    Effect.gen(function* () {
      const [client, server] = yield* pair
      const sent = Array.from({ length: 50 }, (_, index) => pattern(20_000 + index))
      yield* Effect.forEach(sent, (bytes) => client.send(bytes))
      const closing = yield* start(client.close)
      assertSameFrames(yield* receiveCount(server, sent.length), sent)
      const error = yield* Effect.flip(server.receive)
      assert.strictEqual(error._tag === "ConnectionLost" && error.reason, "Ended")
      yield* Fiber.join(closing)
      yield* client.close
    })
  )

  test(
    "[TR5] close ends in time when the other side neither reads nor ends",
    Effect.gen(function* () {
      const [peer, server] = yield* rawTo
      const sending = yield* start(Effect.forever(server.send(bulk)))
      yield* turns(50)
      const closing = yield* start(server.close)
      yield* TestClock.adjust(Duration.seconds(1))
      assert.isUndefined(closing.pollUnsafe())
      yield* TestClock.adjust(Duration.seconds(1))
      yield* Fiber.join(closing)
      assert.strictEqual((yield* Effect.flip(Fiber.join(sending))).reason, "Closed")
      yield* peer.cut
    })
  )

  test(
    "[TR5] both sides may close at the same time",
    Effect.gen(function* () {
      const [client, server] = yield* pair
      yield* client.send(pattern(5000))
      yield* server.send(pattern(5000))
      yield* Effect.all([client.close, server.close, client.close], { concurrency: "unbounded" })
    })
  )

  test(
    "[TR6] this side's close ends its own waiting send and receive with a typed error",
    Effect.gen(function* () {
      const [client, server] = yield* pair
      const receiving = yield* start(Effect.flip(client.receive))
      yield* client.send(pattern(900))
      const sending = yield* start(Effect.flip(client.send(pattern(901))))
      const closing = yield* start(client.close)
      const error = yield* Fiber.join(receiving)
      assert.strictEqual(error._tag === "ConnectionLost" && error.reason, "Closed")
      assert.strictEqual((yield* Fiber.join(sending)).reason, "Closed")
      assert.strictEqual((yield* Effect.flip(client.send(pattern(1)))).reason, "Closed")
      assertSameFrames(yield* receiveCount(server, 1), [pattern(900)])
      yield* Effect.flip(server.receive)
      yield* Fiber.join(closing)
    }),
    Layer.succeed(TransportLimits.OutgoingMaxBytes, 1000)
  )

  test(
    "[TR6] a connection that is cut fails what waits and what comes later",
    Effect.gen(function* () {
      const [peer, server] = yield* rawTo
      const sending = yield* start(Effect.flip(Effect.forever(server.send(bulk))))
      const receiving = yield* start(Effect.flip(server.receive))
      yield* turns(50)
      yield* peer.cut
      const error = yield* Fiber.join(receiving)
      assert.strictEqual(error._tag === "ConnectionLost" && error.reason, "Broken")
      assert.strictEqual((yield* Fiber.join(sending)).reason, "Broken")
      assert.strictEqual((yield* Effect.flip(server.receive))._tag, "ConnectionLost")
      assert.strictEqual((yield* Effect.flip(server.send(pattern(1))))._tag, "ConnectionLost")
      yield* server.close
    })
  )

  test(
    "[TR6] a waiting send fails when the connection is cut and nobody receives",
    Effect.gen(function* () {
      const [peer, server] = yield* rawTo
      const sending = yield* start(Effect.flip(Effect.forever(server.send(bulk))))
      yield* turns(50)
      yield* peer.cut
      assert.strictEqual((yield* Fiber.join(sending)).reason, "Broken")
    })
  )

  test(
    "[TR6] a side that ends in the middle of a frame has broken the connection",
    Effect.gen(function* () {
      const [peer, server] = yield* rawTo
      yield* peer.write(Uint8Array.of(0, 0, 0, 1, 1, 0, 0, 0, 9, 1))
      yield* peer.end
      assertSameFrames(yield* receiveCount(server, 1), [Uint8Array.of(1)])
      const error = yield* Effect.flip(server.receive)
      assert.strictEqual(error._tag === "ConnectionLost" && error.reason, "Broken")
      assert.include(error.message, "in the middle of a frame")
    })
  )

  test(
    "[TR6] a side that only half-closes gives its frames first, and is then let go wholly",
    Effect.gen(function* () {
      const [peer, server] = yield* rawTo
      yield* peer.write(Uint8Array.of(0, 0, 0, 1, 5))
      yield* peer.end
      assertSameFrames(yield* receiveCount(server, 1), [Uint8Array.of(5)])
      const error = yield* Effect.flip(server.receive)
      assert.strictEqual(error._tag === "ConnectionLost" && error.reason, "Ended")
      yield* peer.rest
    })
  )
}
