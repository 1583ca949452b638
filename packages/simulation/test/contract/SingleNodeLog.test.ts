import { describe, it } from "@effect/vitest"
import { ClusterId, ReplicatedLog } from "@distri/core/log/ReplicatedLog"
import * as SingleNodeLog from "@distri/core/log/SingleNodeLog"
import * as Context from "effect/Context"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { laws, type Limits } from "../../src/contract/ReplicatedLogContract.ts"

const open = (limits: Limits = {}) =>
  Layer.build(
    SingleNodeLog.layer({ cluster: ClusterId.make("test"), ...limits }).pipe(
      Layer.provide(SecureRandom.layerWebCrypto),
      Layer.fresh
    )
  ).pipe(
    Effect.map((context) => {
      const log = Context.get(context, ReplicatedLog)
      return { leader: log, other: log }
    })
  )

describe("laws of SingleNodeLog", () => {
  for (const { law, name } of laws({ open, reopen: open(), setTime: TestClock.setTime }))
    it.effect(name, () => Effect.scoped(law))
})
