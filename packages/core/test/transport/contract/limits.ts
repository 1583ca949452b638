import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as TransportLimits from "../../../src/transport/TransportLimits.ts"
import {
  type Test,
  RawNetwork,
  bulk,
  pattern,
  assertSameFrames,
  start,
  turns,
  echo,
  receiveCount,
  listen,
  dial,
  listenQueue,
  pair,
  joined,
  rawTo
} from "./harness.ts"

export const limits = (test: Test) => {
  const total = 64 * 1024 * 1024

  test(
    "[TR4] send suspends while the other side does not read, and goes on when it does",
    Effect.gen(function* () {
      const [client, server] = yield* pair
      let sentBytes = 0
      const sending = yield* Effect.forkChild(
        Effect.gen(function* () {
          while (sentBytes < total) {
            yield* client.send(bulk)
            sentBytes += bulk.length
          }
        })
      )
      yield* turns(100)
      assert.isBelow(sentBytes, total / 2)
      let receivedBytes = 0
      while (receivedBytes < total) {
        for (const { length } of yield* server.receive) receivedBytes += length
      }
      yield* Fiber.join(sending)
      assert.strictEqual(receivedBytes, total)
    })
  )

  test(
    "[TR4] a send that is interrupted while it waits sends nothing, and keeps nobody waiting",
    Effect.gen(function* () {
      const [client, server] = yield* pair
      yield* client.send(pattern(900))
      const waiting = yield* start(client.send(pattern(901)))
      const next = yield* start(client.send(pattern(902)))
      yield* Fiber.interrupt(waiting)
      const lengths = (yield* receiveCount(server, 2)).map((frame) => frame.length)
      yield* Fiber.join(next)
      assert.deepStrictEqual(lengths, [900, 902])
    }),
    Layer.succeed(TransportLimits.OutgoingMaxBytes, 1000)
  )

  test(
    "[TR4] frames that waited for room leave in the order of their sends",
    Effect.gen(function* () {
      const [client, server] = yield* pair
      const sent = Array.from({ length: 200 }, (_, index) => pattern(index + 1))
      yield* Effect.forEach(sent, (bytes) => start(client.send(bytes)))
      assertSameFrames(yield* receiveCount(server, sent.length), sent)
    }),
    Layer.succeed(TransportLimits.OutgoingMaxBytes, 1000)
  )

  test(
    "[TR4] a small frame does not overtake a large one that waits for room",
    Effect.gen(function* () {
      const [client, server] = yield* pair
      yield* client.send(pattern(600))
      yield* start(client.send(pattern(900)))
      yield* start(client.send(pattern(100)))
      const lengths = (yield* receiveCount(server, 3)).map((frame) => frame.length)
      assert.deepStrictEqual(lengths, [600, 900, 100])
    }),
    Layer.succeed(TransportLimits.OutgoingMaxBytes, 1000)
  )

  test(
    "[TR4] a receive that is interrupted loses no frame",
    Effect.gen(function* () {
      const [client, server] = yield* pair
      const receiving = yield* start(server.receive)
      yield* Fiber.interrupt(receiving)
      yield* client.send(pattern(1))
      yield* client.send(pattern(2))
      assertSameFrames(yield* receiveCount(server, 2), [pattern(1), pattern(2)])
    })
  )

  test(
    "[TR3] a frame over the limit ends that connection with a typed error, and no other",
    Effect.gen(function* () {
      const listener = yield* listenQueue
      const raw = yield* RawNetwork
      const [good, goodServer] = yield* joined(listener)
      const bad = yield* raw.connect(listener.address)
      const badServer = yield* Queue.take(listener.connections)

      yield* bad.write(Uint8Array.of(0, 0, 0, 1, 42, 0, 0, 3, 233, 1, 2, 3))
      assertSameFrames(yield* badServer.receive, [Uint8Array.of(42)])
      const error = yield* Effect.flip(badServer.receive)
      assert.strictEqual(error._tag, "FrameTooLarge")
      assert.include(error.message, "announced a frame of 1001 bytes, over the limit of 1000")
      assert.strictEqual((yield* Effect.flip(badServer.send(pattern(1)))).reason, "Broken")
      yield* bad.rest

      yield* good.send(pattern(1000))
      assertSameFrames(yield* receiveCount(goodServer, 1), [pattern(1000)])
    }),
    Layer.succeed(TransportLimits.FrameMaxBytes, 1000)
  )

  test(
    "[TR3] garbage and empty frames end the connection with a typed error",
    Effect.gen(function* () {
      const [garbage, first] = yield* rawTo
      yield* garbage.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"))
      assert.strictEqual((yield* Effect.flip(first.receive))._tag, "FrameTooLarge")
      yield* garbage.rest

      const [empty, second] = yield* rawTo
      yield* empty.write(new Uint8Array(4))
      const error = yield* Effect.flip(second.receive)
      assert.strictEqual(error._tag === "ConnectionLost" && error.reason, "Broken")
      yield* empty.rest
    })
  )

  test(
    "[TR9] one connection over the limit is closed at once, and a place that is free again is given",
    Effect.gen(function* () {
      const listener = yield* listen(echo)
      const first = yield* Effect.scoped(
        Effect.gen(function* () {
          const client = yield* dial(listener)
          yield* client.send(pattern(1))
          yield* receiveCount(client, 1)
          const refused = yield* dial(listener)
          const error = yield* Effect.flip(refused.receive)
          assert.strictEqual(error._tag === "ConnectionLost" && error.reason, "Ended")
          yield* client.send(pattern(2))
          yield* receiveCount(client, 1)
          return client
        })
      )
      assert.strictEqual((yield* Effect.flip(first.receive))._tag, "ConnectionLost")
      for (let again = 0; again < 5; again++) {
        yield* Effect.scoped(
          Effect.gen(function* () {
            const client = yield* dial(listener)
            yield* client.send(pattern(3))
            yield* receiveCount(client, 1)
          })
        )
      }
    }),
    Layer.succeed(TransportLimits.ConnectionsMax, 1)
  )
}
