import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { databaseVersion } from "../../src/cloud/internal/databaseVersion.ts"
import { Database } from "../../src/database/Database.ts"
import { LogId, LogIndex, ReplicatedLog, Unavailable } from "../../src/log/ReplicatedLog.ts"

it.effect("[LM20] a node names the log that it follows now, and none that it gave up", () =>
  Effect.gen(function* () {
    let isRunning = true
    let followed: string | undefined
    const unavailable = Effect.fail(new Unavailable({ reason: "Joining" }))
    const Parts = Layer.mergeAll(
      Layer.mock(Database, {
        documents: {} as never,
        running: Effect.suspend(() => (isRunning ? Effect.void : unavailable)),
        version: Effect.succeed(LogIndex.make(3))
      }),
      Layer.mock(ReplicatedLog, {
        info: {} as never,
        snapshots: {} as never,
        identity: Effect.suspend(() =>
          followed === undefined ? unavailable : Effect.succeed(LogId.make(followed))
        )
      })
    )
    const current = yield* Effect.provide(databaseVersion, Parts)
    for (const log of [undefined, "first", undefined, "second"]) {
      followed = log
      assert.deepStrictEqual(yield* current, { log: log ?? "", version: 3 })
    }
    isRunning = false
    assert.deepStrictEqual(yield* current, { log: "", version: 3 })
  })
)
