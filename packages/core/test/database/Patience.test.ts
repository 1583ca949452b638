import { assert, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import {
  Ambiguous,
  LogEntry,
  LogIndex,
  LogTime,
  type ReplicatedLog,
  Unavailable
} from "../../src/log/ReplicatedLog.ts"
import { passing } from "../passing.ts"
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

it.effect(
  "[DB28] a copy that is only slow is waited for, and so is any by who has no more time",
  () =>
    Effect.gen(function* () {
      /** A write becomes the sixth entry; the copy takes so many of them, one a second. */
      const waitedFor = Effect.fnUntraced(function* (entries: number, timeout: number) {
        const log = {
          append: () => Effect.succeed(LogIndex.make(6)),
          entries: () =>
            Stream.concat(
              Stream.fromIterable(Array.from({ length: entries }, (_, at) => entry(at + 1))).pipe(
                Stream.mapEffect((next) => Effect.delay(Effect.succeed(next), "1 second"))
              ),
              Stream.never
            ),
          snapshots: { latest: Effect.succeedNone }
        } as unknown as ReplicatedLog["Service"]
        const { database } = yield* overFake(log)
        const write = database.executeFromAfar(
          { _tag: "CreateCollection", collection: "a" },
          { idempotencyKey: "k", timeout }
        )
        const [took, error] = yield* passing(Effect.timed(Effect.flip(write)))
        assert.strictEqual(error._tag, "Ambiguous")
        return Duration.toSeconds(took)
      })
      const hung = yield* waitedFor(0, 10_000)
      assert.isTrue(hung > 1.9 && hung < 2.5, `${hung} s`)
      // What it comes to is not in these entries.
      assert.isAbove(yield* waitedFor(6, 10_000), 5)
      assert.isAbove(yield* waitedFor(0, 1000), 0.9)
    })
)

const entry = (index: number) =>
  LogEntry.make({
    index: LogIndex.make(index),
    time: LogTime.make(0),
    kind: "internal",
    data: new Uint8Array()
  })

it.effect("[DB28] a write in doubt is kept for long only where no other node can be asked", () =>
  Effect.gen(function* () {
    const doubtsOf = Effect.fnUntraced(function* (caller: "execute" | "executeFromAfar") {
      let isFirst = true
      const log = {
        append: () =>
          Effect.suspend((): Effect.Effect<never, Ambiguous | Unavailable> => {
            if (!isFirst) return Effect.fail(new Unavailable({ reason: "NoLeader" }))
            isFirst = false
            return Effect.delay(Effect.fail(new Ambiguous({ id: "k" })), "3 seconds")
          }),
        entries: () => Stream.never,
        snapshots: { latest: Effect.succeedNone }
      } as unknown as ReplicatedLog["Service"]
      const { database } = yield* overFake(log)
      const { execute } = caller === "execute" ? database.documents : { execute: database[caller] }
      const write = execute({ _tag: "CreateCollection", collection: "a" }, { idempotencyKey: "k" })
      const [took, error] = yield* passing(Effect.timed(Effect.flip(write)))
      assert.strictEqual(error._tag, "Ambiguous")
      return Duration.toSeconds(took)
    })
    assert.isBelow(yield* doubtsOf("executeFromAfar"), 6)
    assert.isAbove(yield* doubtsOf("execute"), 8)
  })
)
