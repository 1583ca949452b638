import { assert, it } from "@effect/vitest"
import * as CommandCodec from "@distri/store/command/CommandCodec"
import { SessionExpired } from "@distri/store/command/Refusal"
import type { UserOperation } from "@distri/store/command/Command"
import { LogIndex, LogTime } from "@distri/store/value/LogIndex"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as WriteSession from "../../src/database/internal/writeSession.ts"
import type { ReplicatedLog } from "../../src/log/ReplicatedLog.ts"
import { follower, writer } from "./nodes.ts"

const create: UserOperation = { _tag: "CreateCollection", collection: "a" }
const add = (_id: string): UserOperation => ({
  _tag: "AddDocument",
  collection: "a",
  document: { _id }
})

it.effect("[DB18] the first write opens a session, and the others are numbered in it", () =>
  Effect.gen(function* () {
    const { database, log } = yield* writer()
    yield* database.documents.execute(create)
    for (const id of ["1", "2", "3"]) yield* database.documents.execute(add(id))
    const [opened, ...writes] = yield* commandsIn(log, 5)
    assert.strictEqual(opened!.operation._tag, "OpenSession")
    assert.deepStrictEqual(
      writes.map(({ sender }) => (sender._tag === "Session" ? [sender.seq, sender.ack] : sender)),
      [
        [1, 0],
        [2, 1],
        [3, 2],
        [4, 3]
      ]
    )
  })
)

it.effect("[DB18] a session that expired is replaced, and the write goes on", () =>
  Effect.gen(function* () {
    const { call, database, log } = yield* writer()
    const other = yield* follower(call)
    yield* other.documents.execute(create)
    yield* log.append(
      CommandCodec.encode({
        language: 1,
        sender: { _tag: "System" },
        operation: {
          _tag: "ExpireSessions",
          sessionsBefore: LogTime.make(1e15),
          keysBefore: LogTime.make(0)
        }
      }),
      { id: "expire" }
    )
    yield* other.barrier
    yield* Effect.forEach(["1", "2", "3"], (id) => other.documents.execute(add(id)), {
      concurrency: "unbounded"
    })
    assert.strictEqual(yield* database.documents.count("a"), 3)
  })
)

it.effect("[ST7] [ST8] numbered writes take effect once at any node; strangers' never", () =>
  Effect.gen(function* () {
    const { call, database } = yield* writer()
    const other = yield* follower(call)
    yield* database.documents.execute(create)
    const session = yield* database.openSession("mine")
    assert.strictEqual(yield* other.openSession("mine"), session)
    const first = yield* database.executeIn({ session, seq: 7, ack: 0 }, add("1"), "10 seconds")
    // Again, elsewhere, and as another operation even: the number counts.
    assert.deepStrictEqual(
      yield* other.executeIn({ session, seq: 7, ack: 0 }, add("2"), "10 seconds"),
      first
    )
    yield* other.executeIn({ session, seq: 8, ack: 7 }, add("2"), "10 seconds")
    const late = database.executeIn({ session, seq: 7, ack: 7 }, add("3"), "10 seconds")
    assert.strictEqual((yield* Effect.flip(late))._tag, "Stale")
    const stranger = database.executeIn({ session: "x", seq: 1, ack: 0 }, add("3"), "10 seconds")
    assert.strictEqual((yield* Effect.flip(stranger))._tag, "SessionExpired")
    assert.strictEqual(yield* other.documents.count("a"), 2)
  })
)

it.effect("[DB18] a write goes without a number when a thousand wait behind one", () =>
  Effect.gen(function* () {
    const run = WriteSession.make(Effect.succeed("session"))
    const stuck = yield* Deferred.make<void>()
    const slow = yield* Effect.forkChild(
      run(() => Deferred.await(stuck)),
      { startImmediately: true }
    )
    const tickets: Array<WriteSession.Ticket | undefined> = []
    const write = run((ticket) => Effect.sync(() => void tickets.push(ticket)))
    yield* Effect.repeat(write, { times: 1000 })
    // Numbers 2 to 1,000 went out; none of them lets go of the first answer.
    assert.deepStrictEqual(tickets[998], { session: "session", seq: 1000, ack: 0 })
    assert.isUndefined(tickets[999])
    yield* Deferred.succeed(stuck, undefined)
    yield* Fiber.join(slow)
    yield* write
    assert.deepStrictEqual(tickets.at(-1), { session: "session", seq: 1001, ack: 1000 })
  })
)

it.effect("[DB18] an expired session is opened again only once for all who wait", () =>
  Effect.gen(function* () {
    let opened = 0
    const open = Effect.andThen(
      Effect.yieldNow,
      Effect.sync(() => `session ${++opened}`)
    )
    const run = WriteSession.make(open)
    const write = run((ticket) =>
      ticket?.session === "session 1"
        ? Effect.andThen(Effect.yieldNow, Effect.fail(new SessionExpired({ session: "session 1" })))
        : Effect.succeed(ticket?.session)
    )
    const used = yield* Effect.replicateEffect(write, 10, { concurrency: "unbounded" })
    assert.deepStrictEqual(new Set(used), new Set(["session 2"]))
    assert.strictEqual(opened, 2)
  })
)

const commandsIn = (log: ReplicatedLog["Service"], count: number) =>
  log.entries(LogIndex.make(1)).pipe(
    Stream.take(count),
    Stream.runCollect,
    Effect.map((entries) =>
      entries.map(({ data }) => {
        const decoded = CommandCodec.decode(data)
        if (decoded._tag !== "Known") throw new Error(decoded.issue)
        return decoded.command
      })
    )
  )
