import { assert } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Queue from "effect/Queue"
import * as Scope from "effect/Scope"
import { Transport } from "../../../src/transport/Transport.ts"
import {
  type Test,
  RawNetwork,
  pattern,
  anyPort,
  assertSameFrames,
  start,
  echo,
  receiveCount,
  listen,
  dial,
  listenQueue
} from "./harness.ts"

export const handlers = (test: Test) => {
  test(
    "[TR7] a handler that ends, fails or dies closes its connection and touches no other",
    Effect.gen(function* () {
      const listener = yield* listen((connection) =>
        Effect.gen(function* () {
          while (true) {
            for (const frame of yield* connection.receive) {
              if (frame[0] === 1) return
              if (frame[0] === 2) return yield* Effect.fail("no")
              if (frame[0] === 3) return yield* Effect.die("no")
              yield* connection.send(frame)
            }
          }
        })
      )
      const bystander = yield* dial(listener)
      for (const way of [1, 2, 3]) {
        const client = yield* dial(listener)
        yield* client.send(Uint8Array.of(way))
        const error = yield* Effect.flip(client.receive)
        assert.strictEqual(error._tag === "ConnectionLost" && error.reason, "Ended")
      }
      yield* bystander.send(Uint8Array.of(4))
      assertSameFrames(yield* receiveCount(bystander, 1), [Uint8Array.of(4)])
    })
  )

  test(
    "[TR7] a handler that receives ends with its connection",
    Effect.gen(function* () {
      const ended = yield* Deferred.make<void>()
      const listener = yield* listen((connection) =>
        Effect.ensuring(echo(connection), Deferred.succeed(ended, undefined))
      )
      const peer = yield* Effect.flatMap(RawNetwork, (raw) => raw.connect(listener.address))
      yield* peer.write(Uint8Array.of(0, 0, 0, 1, 5))
      yield* peer.cut
      yield* Deferred.await(ended)
    })
  )

  test(
    "[TR8] the end of its scope closes a dialed connection, after what it sent",
    Effect.gen(function* () {
      const listener = yield* listenQueue
      const sending = yield* start(
        Effect.scoped(Effect.flatMap(dial(listener), (client) => client.send(pattern(30_000))))
      )
      const server = yield* Queue.take(listener.connections)
      assertSameFrames(yield* receiveCount(server, 1), [pattern(30_000)])
      const error = yield* Effect.flip(server.receive)
      assert.strictEqual(error._tag === "ConnectionLost" && error.reason, "Ended")
      yield* Fiber.join(sending)
    })
  )

  test(
    "[TR8] the end of its scope closes a listener, its connections, and its address",
    Effect.gen(function* () {
      const interrupted = yield* Queue.unbounded<void>()
      const scope = yield* Scope.make()
      const listener = yield* Scope.provide(
        listen((connection) =>
          Effect.onInterrupt(echo(connection), () => Queue.offer(interrupted, undefined))
        ),
        scope
      )
      const waiting = yield* Effect.forEach([1, 2, 3], () =>
        Effect.gen(function* () {
          const client = yield* dial(listener)
          yield* client.send(pattern(1))
          yield* receiveCount(client, 1)
          return yield* start(Effect.flip(client.receive))
        })
      )
      yield* Scope.close(scope, Exit.void)
      for (const client of waiting) {
        const error = yield* Fiber.join(client)
        assert.strictEqual(error._tag === "ConnectionLost" && error.reason, "Ended")
      }
      yield* Queue.takeN(interrupted, 3)
      const error = yield* Effect.flip(dial(listener))
      assert.strictEqual(error._tag, "DialFailed")
      const { address } = listener
      const { listen: again } = yield* Transport
      assert.strictEqual((yield* again(address)).address, address)
    })
  )

  test(
    "[TR8] a connection that no handler has taken up ends with its listener",
    Effect.gen(function* () {
      const transport = yield* Transport
      const scope = yield* Scope.make()
      const listener = yield* Scope.provide(transport.listen(anyPort), scope)
      const client = yield* dial(listener)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Effect.flip(client.receive))._tag, "ConnectionLost")
    })
  )

  test(
    "[TR7] interrupting run ends its handlers and their connections",
    Effect.gen(function* () {
      const transport = yield* Transport
      const listener = yield* transport.listen(anyPort)
      const running = yield* start(listener.run(echo))
      const client = yield* dial(listener)
      yield* client.send(pattern(1))
      yield* receiveCount(client, 1)
      const receiving = yield* start(Effect.flip(client.receive))
      yield* Fiber.interrupt(running)
      const error = yield* Fiber.join(receiving)
      assert.strictEqual(error._tag === "ConnectionLost" && error.reason, "Ended")
    })
  )
}
