import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as References from "effect/References"
import * as Scope from "effect/Scope"
import * as Acceptor from "../../src/transport/Acceptor.ts"
import * as FramedSocket from "../../src/transport/FramedSocket.ts"
import * as MemorySocket from "../../src/transport/MemorySocket.ts"
import type { Connection } from "../../src/transport/Transport.ts"
import * as TransportLimits from "../../src/transport/TransportLimits.ts"

it.effect("[TR7] a handler's failure is logged for debugging, its defect as an error", () =>
  Effect.gen(function* () {
    const limits = yield* TransportLimits.current
    const acceptor = yield* Acceptor.make(limits)
    const levels: Array<string> = []
    const logs = Layer.merge(
      Logger.layer([Logger.make(({ logLevel }) => void levels.push(logLevel))]),
      Layer.succeed(References.MinimumLogLevel, "All")
    )
    for (const handler of [Effect.fail("no"), Effect.die("no"), Effect.void]) {
      const client = yield* connectTo(acceptor, () => handler).pipe(Effect.provide(logs))
      yield* Effect.flip(client.receive)
    }
    assert.deepStrictEqual(levels, ["Debug", "Error"])
  })
)

it.effect("[TR8] a socket that comes while the listener closes is closed, not served", () =>
  Effect.gen(function* () {
    const limits = yield* TransportLimits.current
    const scope = yield* Scope.make()
    const acceptor = yield* Scope.provide(Acceptor.make(limits), scope)
    yield* Scope.close(scope, Exit.void)
    const client = yield* connectTo(acceptor, () => Effect.die("served"))
    const error = yield* Effect.flip(client.receive)
    assert.strictEqual(error._tag === "ConnectionLost" && error.reason, "Ended")
  })
)

const connectTo = Effect.fnUntraced(function* <E>(
  acceptor: Acceptor.Acceptor,
  handler: (connection: Connection) => Effect.Effect<void, E>
) {
  const limits = yield* TransportLimits.current
  const pair = yield* MemorySocket.makePair
  yield* acceptor.accept(pair.right, "client", handler)
  return yield* FramedSocket.make(pair.left, { remote: "server", limits })
})
