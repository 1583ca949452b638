import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as WriteSession from "../../src/database/internal/writeSession.ts"
import { Ambiguous } from "../../src/log/ReplicatedLog.ts"

const makeSession = () => {
  const session = WriteSession.make(() => Effect.succeed("session"))
  return <A, E extends { readonly _tag: string } = never>(
    send: (ticket: WriteSession.Ticket | undefined) => Effect.Effect<A, E>
  ) => session("1 minute", send)
}

const inDoubt = Effect.fail(new Ambiguous({ id: "?" }))

it.effect("[DB18] one write in doubt does not fill the session with answers", () =>
  Effect.gen(function* () {
    const run = makeSession()
    yield* Effect.flip(run(() => inDoubt))
    const acks: Array<number | undefined> = []
    const write = run((ticket) => Effect.sync(() => void acks.push(ticket?.ack)))
    yield* Effect.repeat(write, { times: 1000 })
    // Its answer is kept for numbers 2 to 1,000, and let go with the next.
    assert.strictEqual(acks[998], 0)
    assert.strictEqual(acks[999], 1000)
    assert.strictEqual(acks[1000], 1001)
  })
)

it.effect("[ST7] of several writes in doubt the lowest number keeps its answer", () =>
  Effect.gen(function* () {
    const run = makeSession()
    const first = yield* Deferred.make<void>()
    const slow = yield* Effect.forkChild(
      Effect.flip(run(() => Effect.andThen(Deferred.await(first), inDoubt))),
      { startImmediately: true }
    )
    yield* Effect.flip(run(() => inDoubt))
    yield* Deferred.succeed(first, undefined)
    yield* Fiber.join(slow)
    const ticket = yield* run((ticket) => Effect.succeed(ticket))
    assert.deepStrictEqual(ticket, { session: "session", seq: 3, ack: 0 })
  })
)

it.effect("[ST7] all that one broken connection puts in doubt can be asked about again", () =>
  Effect.gen(function* () {
    const run = makeSession()
    const broken = yield* Deferred.make<void>()
    const writes = yield* Effect.forEach(Array.from({ length: 900 }), () =>
      Effect.forkChild(Effect.flip(run(() => Effect.andThen(Deferred.await(broken), inDoubt))), {
        startImmediately: true
      })
    )
    yield* Deferred.succeed(broken, undefined)
    yield* Fiber.awaitAll(writes)
    const ticket = yield* run((ticket) => Effect.succeed(ticket))
    assert.deepStrictEqual(ticket, { session: "session", seq: 901, ack: 0 })
  })
)
