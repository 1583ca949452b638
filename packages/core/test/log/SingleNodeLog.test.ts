/** The laws of every log run on this one in packages/simulation/test/contract. */
import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { ClusterId, LogIndex, LogRegressed, ReplicatedLog } from "../../src/log/ReplicatedLog.ts"
import * as SingleNodeLog from "../../src/log/SingleNodeLog.ts"

it.effect("[RL12] a log in memory that starts again is another log, and empty", () =>
  Effect.gen(function* () {
    const before = yield* Effect.scoped(
      Effect.gen(function* () {
        const log = yield* open
        yield* log.append(new Uint8Array(1), { id: "old" })
        return yield* log.identity
      })
    )
    const log = yield* open
    assert.notStrictEqual(yield* log.identity, before)
    assert.strictEqual(yield* log.barrier, 0)
  })
)

it.effect("[RL6] a reader that is past the end learns that the log ends before it", () =>
  Effect.gen(function* () {
    const log = yield* open
    yield* log.append(new Uint8Array(1), { id: "only" })
    const past = Stream.runHead(log.entries(LogIndex.make(3)))
    assert.instanceOf(yield* Effect.flip(past), LogRegressed)
  })
)

const open = Effect.map(
  Layer.build(
    SingleNodeLog.layer({ cluster: ClusterId.make("test") }).pipe(
      Layer.provide(SecureRandom.layerWebCrypto),
      Layer.fresh
    )
  ),
  Context.get(ReplicatedLog)
)
