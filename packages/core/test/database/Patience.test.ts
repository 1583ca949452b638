import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { type ReplicatedLog, Unavailable } from "../../src/log/ReplicatedLog.ts"
import { overFake } from "./nodes.ts"

it.effect("[RL9] a write that was never in the log says so, however short its time", () =>
  Effect.gen(function* () {
    const log = {
      append: () => Effect.fail(new Unavailable({ reason: "NoLeader" })),
      entries: () => Stream.never,
      snapshots: { latest: Effect.succeedNone }
    } as unknown as ReplicatedLog["Service"]
    const { database } = yield* overFake(log)
    for (const timeout of [200, 500, 1000, 3000, 5000, 10_000]) {
      const write = database.documents.execute(
        { _tag: "CreateCollection", collection: "a" },
        { idempotencyKey: "k", timeout }
      )
      const all = yield* Effect.forkChild(
        Effect.forEach(Array.from({ length: 50 }), () => Effect.flip(write), {
          concurrency: "unbounded"
        })
      )
      yield* TestClock.adjust(timeout)
      const tags = new Set((yield* Fiber.join(all)).map(({ _tag }) => _tag))
      assert.deepStrictEqual([...tags], ["Unavailable"], `in ${timeout} ms`)
    }
  })
)
