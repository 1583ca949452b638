import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import { type Caller, LinkFailed } from "../../src/log/RaftPeers.ts"
import { LogBarrier } from "../../src/service/LogServices.ts"
import { follower, writer } from "./nodes.ts"

const second = { consistency: "bounded", maxLag: "1 second", timeout: "2 seconds" } as const

it.effect("[DB23] a bounded read asks once in its lag, and then sees what is new", () =>
  Effect.gen(function* () {
    const { call, database } = yield* writer()
    yield* database.documents.execute({ _tag: "CreateCollection", collection: "a" })
    let asked = 0
    const counted: Caller = (service, payload) => {
      if (service._tag === LogBarrier._tag) asked += 1
      return call(service, payload)
    }
    const replica = yield* follower(counted)
    yield* passing
    assert.strictEqual(yield* replica.documents.count("a", undefined, second), 0)
    const askedFirst = asked
    yield* database.documents.execute({ _tag: "AddDocument", collection: "a", document: {} })
    yield* replica.documents.count("a", undefined, second)
    assert.strictEqual(asked, askedFirst)
    yield* TestClock.adjust("2 seconds")
    assert.strictEqual(yield* replica.documents.count("a", undefined, second), 1)
    assert.strictEqual(asked, askedFirst + 1)
  }).pipe(Effect.scoped)
)

it.effect("[DB23] a node that is cut off answers within the lag, and not beyond it", () =>
  Effect.gen(function* () {
    const replica = yield* cutOff
    assert.strictEqual(yield* replica.documents.count("a", undefined, second), 0)
    yield* TestClock.adjust("2 seconds")
    const late = yield* Effect.flip(replica.documents.count("a", undefined, second))
    assert.strictEqual(late._tag, "Unavailable")
  }).pipe(Effect.scoped)
)

it.effect("[DB23] a bounded read that is run again is judged again", () =>
  Effect.gen(function* () {
    const replica = yield* cutOff
    const get = replica.documents.get("a", "1", second)
    assert.isTrue(Option.isNone(yield* get))
    yield* TestClock.adjust("2 seconds")
    assert.strictEqual((yield* Effect.flip(get))._tag, "Unavailable")
  }).pipe(Effect.scoped)
)

/** Time passes by itself, so that a replica finds its cloud; slowly, so that little of it does. */
const passing = TestClock.adjust("1 millis").pipe(
  Effect.andThen(Effect.yieldNow),
  Effect.forever,
  Effect.forkScoped
)

/** A replica that was fresh a moment ago, and reaches nobody any more. */
const cutOff = Effect.gen(function* () {
  const { call, database } = yield* writer()
  yield* database.documents.execute({ _tag: "CreateCollection", collection: "a" })
  let broken = false
  const replica = yield* follower((service, payload) =>
    Effect.suspend(() =>
      broken ? Effect.fail(new LinkFailed({ started: false })) : call(service, payload)
    )
  )
  yield* passing
  yield* replica.documents.count("a", undefined, second)
  broken = true
  return replica
})
