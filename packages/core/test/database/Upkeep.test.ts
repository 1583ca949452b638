import { assert, it } from "@effect/vitest"
import * as CommandCodec from "@distri/store/command/CommandCodec"
import { apply } from "@distri/store/apply/apply"
import * as State from "@distri/store/state/State"
import { LogIndex, LogTime } from "@distri/store/value/LogIndex"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { due } from "../../src/database/internal/maintenance.ts"
import type { ReplicatedLog } from "../../src/log/ReplicatedLog.ts"
import { follower, writer } from "./nodes.ts"

const create = { _tag: "CreateCollection", collection: "a" } as const
const add = (document: { readonly _id: string }) =>
  ({ _tag: "AddDocument", collection: "a", document }) as const

it.effect("[DB20] [ST17] documents end by logged commands of the node that leads", () =>
  Effect.gen(function* () {
    const { call, database, log } = yield* writer()
    const other = yield* follower(call)
    yield* other.documents.execute({
      _tag: "CreateCollection",
      collection: "a",
      expires: "until"
    })
    const nowMs = yield* Clock.currentTimeMillis
    for (const seconds of [1, 5, 100])
      yield* other.documents.execute({
        _tag: "AddDocument",
        collection: "a",
        document: { _id: `${seconds}`, until: date(nowMs + seconds * 1000) }
      })
    yield* other.documents.execute({
      _tag: "AddDocument",
      collection: "a",
      document: { _id: "forever" }
    })
    yield* TestClock.adjust("3 seconds")
    assert.strictEqual(yield* other.documents.count("a"), 3)
    yield* TestClock.adjust("3 seconds")
    for (const node of [database, other]) {
      yield* node.barrier
      const { found } = yield* node.documents.read({ collection: "a" })
      assert.deepStrictEqual(
        found.map(({ document }) => document["_id"]),
        ["100", "forever"]
      )
    }
    assert.deepStrictEqual(yield* database.digest, yield* other.digest)
    const ended = yield* operationsIn(log)
    assert.strictEqual(ended.filter((tag) => tag === "ExpireDocuments").length, 2)
  })
)

it.effect("[DB20] more documents than one command ends are gone after one look", () =>
  Effect.gen(function* () {
    const { database, log } = yield* writer()
    yield* database.documents.execute({ ...create, expires: "until" })
    const until = date((yield* Clock.currentTimeMillis) + 500)
    const some = Array.from({ length: 100 }, () => ({ _tag: "AddDocument" as const }))
    for (let batch = 0; batch < 35; batch += 1)
      yield* database.documents.execute({
        _tag: "Batch",
        operations: some.map((add, at) => ({
          ...add,
          collection: "a",
          document: { _id: `${batch} ${at}`, until }
        }))
      })
    yield* TestClock.adjust("1 second")
    const [collection] = yield* database.collections
    assert.strictEqual(collection!.documents, 0)
    const ended = yield* operationsIn(log)
    assert.strictEqual(ended.filter((tag) => tag === "ExpireDocuments").length, 4)
  })
)

it.effect("[DB20] nothing is logged when nothing is due", () =>
  Effect.gen(function* () {
    const { database, log } = yield* writer()
    yield* database.documents.execute({ _tag: "CreateCollection", collection: "a" })
    const before = yield* log.barrier
    yield* TestClock.adjust("10 minutes")
    assert.strictEqual(yield* log.barrier, before)
  })
)

it("[DB20] sessions end after an hour of silence, and keys after a day", () => {
  const hour = 3_600_000
  let state = State.empty
  const add = (time: number, command: Parameters<typeof CommandCodec.encode>[0]) =>
    (state = apply(state, {
      index: LogIndex.make(state.index + 1),
      time: LogTime.make(time),
      command
    }).state)
  add(0, {
    language: 1,
    sender: { _tag: "System" },
    operation: { _tag: "OpenSession", session: "s", owner: "o" }
  })
  add(hour, {
    language: 1,
    sender: { _tag: "Key", owner: "o", key: "k", fingerprint: 1 },
    operation: { _tag: "CreateCollection", collection: "a" }
  })
  const dueAt = (nowMs: number) =>
    due(state, nowMs, (ms) => (ms > nowMs ? undefined : LogTime.make(nowMs - ms)))
  assert.deepStrictEqual(dueAt(hour - 1), [])
  const [first] = dueAt(hour)
  assert.deepInclude(first, { _tag: "ExpireSessions", sessionsBefore: LogTime.make(0) })
  add(hour, { language: 1, sender: { _tag: "System" }, operation: first! })
  assert.strictEqual(state.sessions.size, 0)
  assert.strictEqual(state.keys.size, 1)
  assert.deepStrictEqual(dueAt(25 * hour - 1), [])
  const [second] = dueAt(25 * hour)
  add(25 * hour, { language: 1, sender: { _tag: "System" }, operation: second! })
  assert.strictEqual(state.keys.size, 0)
})

it.effect("[DB27] a clock that is ahead ends no session and no key before its time", () =>
  Effect.gen(function* () {
    let aheadMs = 0
    const jumping = yield* clockAhead(() => aheadMs)
    const { database, log } = yield* Effect.provideService(writer(), Clock.Clock, jumping)
    const write = (idempotencyKey?: string) =>
      database.documents
        .execute({ ...create, collection: idempotencyKey ?? "a" }, { idempotencyKey })
        .pipe(Effect.provideService(Clock.Clock, jumping))
    const ended = Effect.map(
      operationsIn(log),
      (tags) => tags.filter((tag) => tag === "ExpireSessions").length
    )
    yield* write()
    yield* write("k")
    aheadMs = 48 * 3_600_000
    // The log's time is what that clock says.
    yield* write("l")
    yield* TestClock.adjust("59 minutes")
    assert.strictEqual(yield* ended, 0)
    yield* TestClock.adjust("2 minutes")
    assert.strictEqual(yield* ended, 1)
    yield* TestClock.adjust("22 hours")
    assert.strictEqual(yield* ended, 1)
    yield* TestClock.adjust("2 hours")
    // The last key is as old as the log itself, as far as that says.
    assert.strictEqual(yield* ended, 2)
    yield* write("m")
    yield* TestClock.adjust("25 hours")
    assert.isAbove(yield* ended, 2)
  })
)

it.effect("[DB27] a log whose time stands still ends no session that is in use", () =>
  Effect.gen(function* () {
    let aheadMs = 5 * 3_600_000
    const jumping = yield* clockAhead(() => aheadMs)
    const { database, log } = yield* Effect.provideService(writer(), Clock.Clock, jumping)
    const write = (collection: string) =>
      Effect.provideService(
        database.documents.execute({ ...create, collection }),
        Clock.Clock,
        jumping
      )
    yield* write("a")
    // From here on the log waits for the clock.
    aheadMs = 0
    for (let minute = 0; minute < 150; minute += 1) {
      yield* write(`a${minute}`)
      yield* TestClock.adjust("1 minute")
    }
    assert.notInclude(yield* operationsIn(log), "ExpireSessions")
  })
)

it.effect("[DB16] a full database refuses what adds, and lets delete", () =>
  Effect.gen(function* () {
    const { database } = yield* writer({ maxDocuments: 2 })
    yield* database.documents.execute(create)
    for (const id of ["1", "2"]) yield* database.documents.execute(add({ _id: id }))
    assert.strictEqual(
      (yield* Effect.flip(database.documents.execute(add({ _id: "3" }))))._tag,
      "DatabaseFull"
    )
    yield* database.documents.execute({ _tag: "DeleteDocument", collection: "a", id: "1" })
    yield* database.documents.execute(add({ _id: "3" }))
  })
)

// oxlint-disable-next-line eslint/no-restricted-globals -- a value, not a clock
const date = (ms: number) => new Date(ms)

const operationsIn = Effect.fnUntraced(function* (log: ReplicatedLog["Service"]) {
  const last = yield* log.barrier
  const entries = yield* Stream.runCollect(Stream.take(log.entries(LogIndex.make(1)), last))
  return entries.map(({ data }) => {
    const decoded = CommandCodec.decode(data)
    return decoded._tag === "Known" ? decoded.command.operation._tag : decoded.issue
  })
})

/** A wall clock that is ahead, over time that passes as it does. */
const clockAhead = (aheadMs: () => number) =>
  Effect.map(Clock.Clock, (clock): Clock.Clock => {
    const wallMs = () => clock.currentTimeMillisUnsafe() + aheadMs()
    return {
      ...clock,
      currentTimeMillisUnsafe: wallMs,
      currentTimeMillis: Effect.sync(wallMs)
    }
  })
