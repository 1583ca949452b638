import { assert, it } from "@effect/vitest"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ClusterId, LogRegressed, ReplicatedLog } from "../../src/log/ReplicatedLog.ts"
import * as SingleNodeLog from "../../src/log/SingleNodeLog.ts"
import { append, laws, read, type Limits } from "./ReplicatedLogContract.ts"
import * as Context from "effect/Context"

const open = (limits: Limits = {}) =>
  Layer.build(
    SingleNodeLog.layer({ cluster: ClusterId.make("test"), ...limits }).pipe(
      Layer.provide(SecureRandom.layerWebCrypto)
    )
  ).pipe(
    Effect.map((context) => {
      const log = Context.get(context, ReplicatedLog)
      return { log, writer: log }
    })
  )

laws("SingleNodeLog", open)

it.effect("[RL12] a log in memory that starts again is another log, and empty", () =>
  Effect.gen(function* () {
    const before = yield* Effect.scoped(
      Effect.gen(function* () {
        const { log } = yield* open()
        yield* append(log, "old")
        return yield* log.identity
      })
    )
    const { log } = yield* open()
    assert.notStrictEqual(yield* log.identity, before)
    assert.strictEqual(yield* log.barrier, 0)
  })
)

it.effect("[RL6] a reader that is past the end learns that the log ends before it", () =>
  Effect.gen(function* () {
    const { log } = yield* open()
    yield* append(log, "only")
    assert.instanceOf(yield* Effect.flip(read(log, 3, 3)), LogRegressed)
  })
)
