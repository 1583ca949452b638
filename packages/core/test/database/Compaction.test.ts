/** A node that takes snapshots and trims its log. */
import { assert, it } from "@effect/vitest"
import type { Command, UserOperation } from "@distri/store/command/Command"
import * as CommandCodec from "@distri/store/command/CommandCodec"
import * as State from "@distri/store/state/State"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import type { Database } from "../../src/database/Database.ts"
import * as Compaction from "../../src/database/internal/compaction.ts"
import { ReplicatedLog } from "../../src/log/ReplicatedLog.ts"
import { AppendEntry } from "../../src/service/LogServices.ts"
import { Overloaded } from "../../src/service/Refusal.ts"
import { overLog, single, writer } from "./nodes.ts"

const create: UserOperation = { _tag: "CreateCollection", collection: "a" }
/** About 1.1 KB of the log. */
const add = (at: number): UserOperation => ({
  _tag: "AddDocument",
  collection: "a",
  document: { _id: `${at}`, text: "x".repeat(1000) }
})
/** A command as another node would log it. */
const logged = (operation: Command["operation"]) =>
  CommandCodec.encode({ language: 1, sender: { _tag: "System" }, operation })

const counted = ({ documents }: Database["Service"]) => documents.count("a")
const settle = Effect.repeat(Effect.yieldNow, { times: 50 })

it.effect("[DB15] a log without room is trimmed, and then takes writes again", () =>
  Effect.gen(function* () {
    const { database } = yield* writer({ retainedMaxBytes: 8192 })
    yield* database.documents.execute(create)
    for (let at = 0; at < 40; at += 1)
      yield* Effect.retry(database.documents.execute(add(at)), {
        while: (error) => Effect.as(Effect.yieldNow, error._tag === "Overloaded"),
        times: 50
      })
    assert.strictEqual(yield* counted(database), 40)
  })
)

it.effect("[DB15] a log without room is trimmed, though all who write are on other nodes", () =>
  Effect.gen(function* () {
    const { call, database, log } = yield* writer({ retainedMaxBytes: 8192 })
    yield* database.documents.execute(create)
    for (let at = 0; at < 40; at += 1) {
      const data = logged(add(at))
      yield* Effect.retry(
        call(AppendEntry, { cluster: log.info.cluster, id: `${at}`, data, deadlineMs: 1000 }),
        {
          while: (error) => Effect.as(Effect.yieldNow, error._tag === "Overloaded"),
          times: 50
        }
      )
    }
    assert.strictEqual(yield* counted(database), 40)
  })
)

it.effect("[DB15] a log that only has too much to do is neither written down nor trimmed", () =>
  Effect.gen(function* () {
    const { context, log } = yield* single({})
    let isBusy = false
    const busy = ReplicatedLog.of({
      ...log,
      append: (data, options) =>
        isBusy
          ? Effect.fail(new Overloaded({ retryAfterMs: 50, reason: "log" }))
          : log.append(data, options)
    })
    const { documents } = yield* overLog(Context.add(context, ReplicatedLog, busy))
    yield* documents.execute(create)
    isBusy = true
    const refused = yield* Effect.flip(documents.execute(add(1)))
    assert.strictEqual(refused._tag, "Overloaded")
    yield* settle
    assert.isTrue(Option.isNone(yield* log.snapshots.latest))
  })
)

it.effect("[DB15] a node that starts again has room for its writes before its next snapshot", () =>
  Effect.gen(function* () {
    const { context, log } = yield* single({ retainedMaxBytes: 53_000 })
    const start = overLog(context, { compactAfterBytes: 20_000 })
    const fill = Effect.fnUntraced(function* (
      { documents }: Database["Service"],
      from: number,
      count: number
    ) {
      for (let at = from; at < from + count; at += 1) yield* documents.execute(add(at))
      yield* settle
    })
    const life = yield* Scope.make()
    const before = yield* Scope.provide(start, life)
    yield* before.documents.execute(create)
    yield* fill(before, 0, 30)
    const kept = Option.getOrThrow(yield* log.snapshots.latest)
    yield* Scope.close(life, Exit.void)

    const after = yield* start
    yield* fill(after, 30, 60)
    // Nothing was refused, and nothing had to be trimmed that the snapshot before is to keep.
    const later = Option.getOrThrow(yield* log.snapshots.latest)
    assert.isAbove(later.index, kept.index + 30)
    assert.strictEqual(yield* counted(after), 90)
  })
)

it.effect("[DB15] on a disk, where each write takes a page, small ones end in a snapshot too", () =>
  Effect.gen(function* () {
    const { context, log } = yield* single({})
    for (const durability of ["memory", "disk"] as const) {
      const info = { ...log.info, durability }
      const kept = Context.add(context, ReplicatedLog, ReplicatedLog.of({ ...log, info }))
      const compaction = yield* Effect.provide(Compaction.make(24 * 1024 * 1024), kept)
      const index = yield* log.append(new Uint8Array(1), { id: "1" })
      for (let page = 0; page < 32 * 1024; page += 1)
        yield* compaction.applied({ ...State.empty, index }, 100)
      yield* settle
      assert.strictEqual(Option.isSome(yield* log.snapshots.latest), durability === "disk")
    }
  })
)
