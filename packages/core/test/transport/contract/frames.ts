import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import {
  type Test,
  pattern,
  assertSameFrames,
  echo,
  receiveCount,
  listen,
  dial,
  dialTo,
  pair,
  rawTo
} from "./harness.ts"

export const frames = (test: Test) => {
  test(
    "[TR1] frames of all sizes arrive whole, in order and once, and their echoes too",
    Effect.gen(function* () {
      const client = yield* dialTo(echo)
      const sent = [1, 2, 99, 8191, 8192, 8193, 65_535, 300_000, 1024 * 1024, 3].map(pattern)
      yield* Effect.forkChild(Effect.forEach(sent, (bytes) => client.send(bytes)))
      assertSameFrames(yield* receiveCount(client, sent.length), sent)
    })
  )

  test(
    "[TR1] head and body arrive as one frame, and either may be empty",
    Effect.gen(function* () {
      const client = yield* dialTo(echo)
      yield* client.send(pattern(3), pattern(20_000))
      yield* client.send(pattern(0), pattern(5))
      yield* client.send(pattern(5), pattern(0))
      assertSameFrames(yield* receiveCount(client, 3), [
        Uint8Array.from([...pattern(3), ...pattern(20_000)]),
        pattern(5),
        pattern(5)
      ])
    })
  )

  test(
    "[TR1] bytes that come one by one are the same frames",
    Effect.gen(function* () {
      const [peer, server] = yield* rawTo
      for (const byte of [0, 0, 0, 2, 7, 8, 0, 0, 0, 1, 9]) {
        yield* peer.write(Uint8Array.of(byte))
        yield* Effect.yieldNow
      }
      assertSameFrames(yield* receiveCount(server, 2), [Uint8Array.of(7, 8), Uint8Array.of(9)])
    })
  )

  test(
    "[TR1] two hundred connections at once do not mix their frames",
    Effect.gen(function* () {
      const listener = yield* listen(echo)
      yield* Effect.forEach(
        Array.from({ length: 200 }, (_, index) => index),
        (index) =>
          Effect.scoped(
            Effect.gen(function* () {
              const client = yield* dial(listener)
              const sent = Array.from({ length: 10 }, (_, nth) => Uint8Array.of(index, nth, 255))
              yield* Effect.forEach(sent, (bytes) => client.send(bytes))
              assertSameFrames(yield* receiveCount(client, sent.length), sent)
            })
          ),
        { concurrency: "unbounded" }
      )
    })
  )

  test(
    "[TR2] what has arrived is not touched by what the sender does to its arrays later",
    Effect.gen(function* () {
      const [client, server] = yield* pair
      for (const length of [100, 10_000, 50_000]) {
        const sent = pattern(length)
        yield* client.send(sent)
        const [received] = yield* receiveCount(server, 1)
        sent.fill(0)
        assert.deepStrictEqual(received, pattern(length))
      }
    })
  )
}
