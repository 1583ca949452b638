import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import type { Core } from "../../../../src/log/raft/internal/core.ts"
import * as Joining from "../../../../src/log/raft/internal/joining.ts"
import { LinkFailed, RaftPeers } from "../../../../src/log/RaftPeers.ts"
import { ClusterId } from "../../../../src/log/ReplicatedLog.ts"

describe("a node is alone", () => {
  it.effect("[LM18] where every address has refused for two seconds", () =>
    Effect.gen(function* () {
      const { isAlone } = yield* joining({})
      yield* TestClock.adjust(1500)
      assert.isFalse(isAlone())
      yield* TestClock.adjust(1500)
      assert.isTrue(isAlone())
    })
  )

  it.effect("[LM18] not because its own process stood still before it could ask", () =>
    Effect.gen(function* () {
      let stoodStillMs = 0
      const { isAlone } = yield* joining({ stoodStillMs: () => stoodStillMs })
      yield* TestClock.adjust(100)
      stoodStillMs = 10_000
      assert.isFalse(isAlone())
    })
  )

  it.effect("[LM18] not while somebody does not answer, who may only be busy", () =>
    Effect.gen(function* () {
      const { isAlone } = yield* joining({ answer: Effect.never })
      yield* TestClock.adjust(60_000)
      assert.isFalse(isAlone())
    })
  )

  it.effect("[LM18] not where nobody can be reached, who may be well and go on without it", () =>
    Effect.gen(function* () {
      const answer = Effect.fail(new LinkFailed({ started: false }))
      const { isAlone } = yield* joining({ answer })
      yield* TestClock.adjust(60_000)
      assert.isFalse(isAlone())
    })
  )

  it.effect("[LM18] not while a leader brings it what it has not", () =>
    Effect.gen(function* () {
      const { isAlone } = yield* joining({ core: member("b/1") })
      yield* TestClock.adjust(60_000)
      assert.isFalse(isAlone())
    })
  )

  it.effect("[LM18] as a voter too, when the others are gone", () =>
    Effect.gen(function* () {
      const { isAlone } = yield* joining({ core: member(undefined) })
      yield* TestClock.adjust(10_000)
      assert.isTrue(isAlone())
    })
  )
})

const id = "a/1"

const member = (leader: string | undefined) =>
  ({
    follows: true,
    log: "the-log",
    view: { configuration: { voters: [], learners: [id] }, leader }
  }) as unknown as Core

const refused = Effect.fail(new LinkFailed({ started: false, refused: true }))

const joining = Effect.fnUntraced(function* (options: {
  readonly core?: Core
  /** What every other node does with a question. */
  readonly answer?: Effect.Effect<never, LinkFailed>
  readonly stoodStillMs?: () => number
}) {
  const { answer = refused, core, stoodStillMs = () => 0 } = options
  const clock = yield* Clock.Clock
  const made = yield* Joining.make({
    id,
    cluster: ClusterId.make("cloud"),
    durability: "memory",
    votersMax: 5,
    peers: RaftPeers.of({
      known: Effect.succeed(["b", "c"]),
      call: () => () => answer,
      post: () => refused,
      heard: () => {}
    }),
    core: () => core,
    begin: () => Effect.void,
    giveUp: Effect.succeed(true),
    isLeaving: () => false,
    nowMs: () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6 + stoodStillMs()
  })
  yield* Effect.forkScoped(made.run)
  return made
}, Effect.provide(SecureRandom.layerWebCrypto))
