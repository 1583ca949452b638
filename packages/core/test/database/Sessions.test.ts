import { assert, it } from "@effect/vitest"
import * as CommandCodec from "@distri/store/command/CommandCodec"
import { SessionExpired } from "@distri/store/command/Refusal"
import type { UserOperation } from "@distri/store/command/Command"
import { LogIndex, LogTime } from "@distri/store/value/LogIndex"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { MaxOpsBeforeYield } from "effect/Scheduler"
import * as TestClock from "effect/testing/TestClock"
import type { Database } from "../../src/database/Database.ts"
import * as WriteSession from "../../src/database/internal/writeSession.ts"
import type { ReplicatedLog } from "../../src/log/ReplicatedLog.ts"
import { LinkFailed, type Caller } from "../../src/log/RaftPeers.ts"
import { AppendEntry } from "../../src/service/LogServices.ts"
import { Overloaded } from "../../src/service/Refusal.ts"
import { passing } from "../passing.ts"
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
    yield* log.append(expireAll, { id: "expire" })
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
    const first = yield* numbered(database, { session, seq: 7, ack: 0 }, add("1"))
    assert.strictEqual(first._tag, "Written")
    // Again, elsewhere, and as another operation even: the number counts.
    assert.deepStrictEqual(yield* numbered(other, { session, seq: 7, ack: 0 }, add("2")), first)
    yield* numbered(other, { session, seq: 8, ack: 7 }, add("2"))
    const late = yield* numbered(database, { session, seq: 7, ack: 6 }, add("3"))
    assert.strictEqual(late._tag, "Stale")
    const stranger = yield* numbered(database, { session: "x", seq: 1, ack: 0 }, add("3"))
    assert.strictEqual(stranger._tag, "SessionExpired")
    assert.strictEqual(yield* other.documents.count("a"), 2)
  })
)

it.effect("[DB18] of writes that came together, each has its own answer", () =>
  Effect.gen(function* () {
    const { database } = yield* writer()
    yield* database.documents.execute(create)
    const session = yield* database.openSession("mine")
    const numbers = [1, 2, 3]
    const commands = [
      ...numbers.map((seq) => encoded({ session, seq, ack: 0 }, add(String(seq % 2)))),
      encoded({ session: "", seq: 1, ack: 0 }, add("4")),
      CommandCodec.encode({
        language: 1,
        sender: { _tag: "Session", session, seq: 9, ack: 0 },
        operation: { _tag: "ExpireDocuments" }
      }),
      CommandCodec.encode({ language: 1, sender: { _tag: "System" }, operation: add("5") }),
      new Uint8Array([7]),
      new Uint8Array(1024 * 1024),
      encoded({ session, seq: 8, ack: 0 }, { _tag: "DeleteCollection", collection: "no name" }),
      encoded({ session, seq: 4, ack: 0 }, add("7"))
    ]
    const answers = yield* database.executeAll(commands, "10 seconds")
    assert.deepStrictEqual(
      answers.map((answer) => Result.merge(answer)._tag),
      [
        "Written",
        "Written",
        "DuplicateKey",
        "InvalidCommand",
        "InvalidCommand",
        "InvalidCommand",
        "InvalidCommand",
        "TooLarge",
        "InvalidCommand",
        "Written"
      ]
    )
    assert.strictEqual(yield* database.documents.count("a"), 3)
  })
)

it.effect("[DB18] a write goes without a number when a thousand wait behind one", () =>
  Effect.gen(function* () {
    const session = WriteSession.make(() => Effect.succeed("session"))
    const run = <A>(send: (ticket: WriteSession.Ticket | undefined) => Effect.Effect<A>) =>
      session("1 minute", send)
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
    const run = WriteSession.make(() => open)
    const write = run("1 minute", (ticket) =>
      ticket?.session === "session 1"
        ? Effect.andThen(Effect.yieldNow, Effect.fail(new SessionExpired({ session: "session 1" })))
        : Effect.succeed(ticket?.session)
    )
    const used = yield* Effect.replicateEffect(write, 10, { concurrency: "unbounded" })
    assert.deepStrictEqual(new Set(used), new Set(["session 2"]))
    assert.strictEqual(opened, 2)
  })
)

it.effect("[ST7] a write in doubt is asked about under the name that its error gives", () =>
  Effect.gen(function* () {
    let lost = false
    const { call, database } = yield* writer()
    const other = yield* follower(((service, payload) =>
      Effect.suspend(() => {
        const answer = call(service, payload)
        return lost && service === (AppendEntry as unknown)
          ? Effect.andThen(Effect.exit(answer), Effect.fail(new LinkFailed({ started: true })))
          : answer
      })) as Caller)
    yield* other.documents.execute(create)
    yield* other.documents.execute(add("1"))
    const count: UserOperation = {
      _tag: "UpdateDocument",
      collection: "a",
      id: "1",
      inc: { n: 1 }
    }
    lost = true
    const doubt = yield* passing(Effect.flip(other.documents.execute(count)))
    lost = false
    assert.strictEqual(doubt._tag, "Ambiguous")
    if (doubt._tag !== "Ambiguous") return
    // Others are acknowledged meanwhile, and this one is not.
    for (const id of ["2", "3", "4"]) yield* other.documents.execute(add(id))
    const first = yield* other.documents.execute(count, { idempotencyKey: doubt.id })
    assert.deepStrictEqual(
      yield* database.documents.execute(count, { idempotencyKey: doubt.id }),
      first
    )
    const { found } = yield* database.documents.read({ collection: "a", filter: { _id: "1" } })
    assert.deepStrictEqual(found[0]?.document, { _id: "1", n: 1 })
  })
)

it.effect("[DB18] [ST7] a write in doubt does not run again when its session has ended since", () =>
  Effect.gen(function* () {
    let lost = false
    const { call, database, log } = yield* writer()
    const other = yield* follower(((service, payload) =>
      Effect.suspend(() => {
        if (!lost || service !== (AppendEntry as unknown)) return call(service, payload)
        lost = false
        // It is written, and so is the end of its session; the answer is all that is lost.
        return call(service, payload).pipe(
          Effect.andThen(log.append(expireAll, { id: "expire" })),
          Effect.andThen(Effect.fail(new LinkFailed({ started: true })))
        )
      })) as Caller)
    yield* other.documents.execute(create)
    yield* other.documents.execute(add("1"))
    const inc: UserOperation = { _tag: "UpdateDocument", collection: "a", id: "1", inc: { n: 1 } }
    const session = yield* other.openSession("mine")
    lost = true
    const own = yield* passing(Effect.flip(other.documents.execute(inc)))
    yield* other.openSession("mine")
    lost = true
    const ofCaller = yield* passing(numbered(other, { session, seq: 1, ack: 0 }, inc))
    assert.deepStrictEqual([own._tag, ofCaller._tag, lost], ["Ambiguous", "Ambiguous", false])
    const { found } = yield* database.documents.read({ collection: "a" })
    assert.deepStrictEqual(found[0]?.document, { _id: "1", n: 2 })
  })
)

it.effect("[DB29] results that nobody acknowledges stay within their limit", () =>
  Effect.gen(function* () {
    const { database } = yield* writer({ maxResultBytes: 2000 })
    yield* database.documents.execute(create)
    const [session, other] = [yield* database.openSession("1"), yield* database.openSession("2")]
    const write = (session: string, seq: number, ack: number) =>
      numbered(database, { session, seq, ack }, add(`${session} ${seq}`))
    const tags: Array<string> = []
    for (let seq = 1; seq <= 20; seq += 1) tags.push((yield* write(session, seq, 0))._tag)
    const count = tags.filter((tag) => tag === "Written").length
    assert.isBelow(count, 12)
    assert.deepStrictEqual(tags.slice(count), Array(20 - count).fill("Overloaded"))
    assert.strictEqual((yield* Effect.flip(database.openSession("3")))._tag, "Overloaded")
    // Who acknowledges goes on, and so does who has little there, or asks again.
    assert.strictEqual((yield* write(other, 1, 0))._tag, "Written")
    assert.strictEqual((yield* write(other, 2, 0))._tag, "Written")
    assert.strictEqual((yield* write(session, 1, 0))._tag, "Written")
    yield* database.documents.execute(add("own"))
    assert.strictEqual((yield* write(session, 30, count))._tag, "Written")
    assert.strictEqual((yield* write(session, 31, 0))._tag, "Written")
    yield* database.openSession("3")
  })
)

it("[ST7] only the name of a ticket is one", () => {
  const ticket = { session: "01ABC", seq: 7, ack: 3 }
  assert.deepStrictEqual(WriteSession.named(WriteSession.nameOf(ticket)), { ...ticket, ack: 0 })
  for (const key of [
    "",
    "session",
    "session/x",
    "session/x/",
    "session/x/0",
    "session/x/1/2",
    "session//1",
    "key/x/1",
    "session/x/1.5",
    "session/x/-1"
  ])
    assert.isUndefined(WriteSession.named(key), key)
})

it.effect("[DB18] opening a session takes no longer than the write may", () =>
  Effect.gen(function* () {
    const run = WriteSession.make(() => Effect.never)
    const write = (timeout: number) => Effect.flip(run(timeout, () => Effect.void))
    const waiting = yield* Effect.forkChild(
      Effect.all([write(500), write(900)], { concurrency: 2 })
    )
    yield* TestClock.adjust("900 millis")
    for (const error of yield* Fiber.join(waiting))
      assert.deepInclude(error, { _tag: "Unavailable", reason: "NoLeader" })
  })
)

it.effect("[DB18] a write whose session had expired has only the rest of its time", () =>
  Effect.gen(function* () {
    const lefts: Array<number> = []
    const run = WriteSession.make(() => Effect.as(Effect.sleep(100), "session"))
    const write = yield* Effect.forkChild(
      run("10 seconds", (_, left) => {
        lefts.push(Duration.toMillis(left))
        return lefts.length === 1
          ? Effect.delay(Effect.fail(new SessionExpired({ session: "session" })), 8000)
          : Effect.void
      })
    )
    yield* TestClock.adjust("8200 millis")
    yield* Fiber.join(write)
    assert.deepStrictEqual(lefts, [9900, 1800])
  })
)

it.effect("[DB18] a write goes without a session when there are too many", () =>
  Effect.gen(function* () {
    const full = new Overloaded({ retryAfterMs: 1, reason: "memory" })
    const run = WriteSession.make(() => Effect.fail(full))
    assert.isUndefined(yield* run("1 second", (ticket) => Effect.succeed(ticket)))
  })
)

it.effect("[DB18] interrupted writes hold up no acknowledgement", () =>
  Effect.gen(function* () {
    const run = WriteSession.make(() => Effect.succeed("session"))
    for (let at = 0; at < 200; at += 1) {
      const write = yield* Effect.forkChild(
        run("1 minute", () => Effect.never),
        { startImmediately: at % 2 === 0 }
      )
      if (at % 3 === 0) yield* Effect.yieldNow
      yield* Fiber.interrupt(write)
    }
    const ticket = yield* run("1 minute", (ticket) => Effect.succeed(ticket))
    assert.strictEqual(ticket?.ack, ticket!.seq - 1)
  }).pipe(Effect.provideService(MaxOpsBeforeYield, 6))
)

/** Ends every session there is. */
const expireAll = CommandCodec.encode({
  language: 1,
  sender: { _tag: "System" },
  operation: {
    _tag: "ExpireSessions",
    sessionsBefore: LogTime.make(1e15),
    keysBefore: LogTime.make(0)
  }
})

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

const encoded = (ticket: WriteSession.Ticket, operation: UserOperation) =>
  CommandCodec.encode({ language: 1, sender: { _tag: "Session", ...ticket }, operation })

const numbered = (
  { executeAll }: Database["Service"],
  ticket: WriteSession.Ticket,
  operation: UserOperation
) =>
  Effect.map(executeAll([encoded(ticket, operation)], "10 seconds"), ([answer]) =>
    Result.merge(answer!)
  )
