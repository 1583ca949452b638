import { assert, it } from "@effect/vitest"
import { withVoters } from "@distri/raft/membership/Configuration"
import * as Clock from "effect/Clock"
import * as SecureRandom from "effect/crypto/SecureRandom"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import type { Core } from "../../../../src/log/raft/internal/core.ts"
import * as Joining from "../../../../src/log/raft/internal/joining.ts"
import { LinkFailed, RaftPeers } from "../../../../src/log/RaftPeers.ts"
import { ClusterId, LogId } from "../../../../src/log/ReplicatedLog.ts"
import type { JoinAnswer, JoinQuestion } from "../../../../src/service/LogServices.ts"

it.effect("[LM20] a log that was given up is never joined again", () =>
  Effect.gen(function* () {
    const { hears, logs } = yield* joining()
    yield* hears("old", true)
    yield* hears("old", false)
    yield* hears("old", true)
    assert.deepStrictEqual(logs, ["old", "given up"])
    yield* hears("new", true)
    assert.deepStrictEqual(logs, ["old", "given up", "new"])
  }).pipe(Effect.provide(SecureRandom.layerWebCrypto))
)

it.effect("[LM20] what comes at the last moment keeps a log", () =>
  Effect.gen(function* () {
    const { comes, hears, logs } = yield* joining()
    yield* hears("old", true)
    comes()
    yield* hears("old", false)
    yield* hears("new", true)
    assert.deepStrictEqual(logs, ["old"])
  }).pipe(Effect.provide(SecureRandom.layerWebCrypto))
)

it.effect("[LM2] a log that nobody has anything of is not joined, and none is founded", () =>
  Effect.gen(function* () {
    const { hears, logs } = yield* joining()
    yield* hears("old", false)
    assert.deepStrictEqual(logs, [])
  }).pipe(Effect.provide(SecureRandom.layerWebCrypto))
)

it.effect("[LM20] who has nothing of its log does not hear who has another", () =>
  Effect.gen(function* () {
    const { hears, hearsay } = yield* joining()
    yield* hears("old", true)
    assert.deepStrictEqual(hearsay().members, ["b/1"])
    yield* hears("new", true, "2 seconds")
    assert.deepStrictEqual(hearsay().members, [])
  }).pipe(Effect.provide(SecureRandom.layerWebCrypto))
)

it.effect(
  "[LM23] who has something of its log hears nothing of another, and says so to whoever it asks",
  () =>
    Effect.gen(function* () {
      const { asked, hears, hearsay, holds } = yield* joining()
      yield* hears("own", true)
      assert.isUndefined(asked().log)
      holds(["a/1", "c/1", "d/1"])
      yield* hears("other", true)
      assert.deepStrictEqual(hearsay().members, [])
      assert.strictEqual(asked().log, "own")
    }).pipe(Effect.provide(SecureRandom.layerWebCrypto))
)

it.effect("[LM23] who finds those it voted with elsewhere hears of their log", () =>
  Effect.gen(function* () {
    const { hears, hearsay, holds } = yield* joining()
    yield* hears("own", true)
    holds(["a/1", "b/0"])
    yield* hears("other", true)
    assert.deepStrictEqual(hearsay().members, ["b/1"])
  }).pipe(Effect.provide(SecureRandom.layerWebCrypto))
)

/** The node with the first address, which knows one other, for as long as the test goes on. */
const joining = Effect.fnUntraced(function* () {
  const clock = yield* Clock.Clock
  const logs: Array<string> = []
  let log: string | undefined
  let isKept = false
  let answer: JoinAnswer | undefined
  let question: JoinQuestion | undefined
  let held: object = {}
  const call = (asked: JoinQuestion) =>
    Effect.suspend(() => {
      question = asked
      return answer === undefined
        ? Effect.fail(new LinkFailed({ started: false }))
        : Effect.succeed(answer as never)
    })
  const { hearsay, run } = yield* Joining.make({
    id: "a/1",
    cluster: ClusterId.make("cloud"),
    durability: "memory",
    votersMax: 5,
    peers: RaftPeers.of({
      known: Effect.succeed(["b"]),
      call: () => (_: unknown, asked: unknown) => call(asked as JoinQuestion),
      post: () => Effect.void,
      heard: () => {}
    }),
    core: () => (log === undefined ? undefined : ({ ...empty, ...held, log } as unknown as Core)),
    begin: (begun) =>
      Effect.sync(() => {
        log = begun
        logs.push(begun)
      }),
    giveUp: Effect.sync(() => {
      if (isKept) return false
      log = undefined
      logs.push("given up")
      return true
    }),
    isLeaving: () => false,
    nowMs: () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  })
  yield* Effect.forkScoped(run)
  return {
    asked: () => question!,
    hearsay,
    /** From here on it has something of its log, in which these vote. */
    holds: (voters: ReadonlyArray<string>) => {
      const view = { configuration: withVoters(voters), leader: undefined }
      held = { isEmpty: false, view }
    },
    logs,
    /** The other node says so for a while. */
    hears: (theirs: string, holds: boolean, during: Duration.Input = "10 seconds") =>
      Effect.suspend(() => {
        const log = LogId.make(theirs)
        answer = { id: "b/1", durability: "memory", members: ["b/1"], log, holds }
        return TestClock.adjust(during)
      }),
    /** From here on something of the log is here. */
    comes: () => {
      isKept = true
    }
  }
})

const empty = {
  isEmpty: true,
  follows: false,
  view: { configuration: { voters: [], learners: [] }, leader: undefined }
}
