import { assert, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import type { Database } from "../../src/database/Database.ts"
import type { Consistency } from "../../src/database/Documents.ts"
import { apply } from "@distri/store/apply/apply"
import type { Command, UserOperation } from "@distri/store/command/Command"
import * as CommandCodec from "@distri/store/command/CommandCodec"
import * as Snapshot from "@distri/store/snapshot/Snapshot"
import * as State from "@distri/store/state/State"
import type { Fields } from "@distri/store/value/Value"
import { InvariantViolation } from "@distri/store/invariant"
import {
  Compacted,
  LogIndex,
  LogTime,
  Unavailable,
  type LogEntry
} from "../../src/log/ReplicatedLog.ts"
import { LinkFailed, type Caller } from "../../src/log/RaftPeers.ts"
import { CurrentRequest } from "../../src/service/RequestContext.ts"
import { AppendEntry } from "../../src/service/LogServices.ts"
import { passing } from "../passing.ts"
import { follower, overFake, writer } from "./nodes.ts"

const create: UserOperation = { _tag: "CreateCollection", collection: "a" }
const add = (document: Fields): UserOperation => ({
  _tag: "AddDocument",
  collection: "a",
  document
})
/** A command as another node would log it. */
const logged = (operation: Command["operation"]) =>
  CommandCodec.encode({ language: 1, sender: { _tag: "System" }, operation })
const name = (at: number) => String(at).padStart(4, "0")
const readWith = ({ documents }: Database["Service"], consistency: Consistency) =>
  Effect.map(documents.read({ collection: "a" }, { limit: 1000, consistency }), ({ found }) =>
    found.map(({ document }) => document)
  )
/** As a request whose caller has seen the version `seen`. */
const readAll = (database: Database["Service"], seen = 0) =>
  readWith(database, "session").pipe(
    Effect.provideService(CurrentRequest, {
      idempotencyKey: undefined,
      seen,
      log: "",
      deadlineMs: Infinity
    })
  )

const entry = (index: number): LogEntry => ({
  index: LogIndex.make(index),
  time: LogTime.make(0),
  kind: "internal",
  data: new Uint8Array()
})

it.effect("[DB10] a write is answered once this node has applied it", () =>
  Effect.gen(function* () {
    const { database } = yield* writer()
    yield* database.documents.execute(create)
    const written = yield* database.documents.execute(add({ _id: "1", color: "red" }))
    const version = written.version
    assert.deepInclude<unknown>(written, { id: "1", matched: 0, modified: 1 })
    assert.strictEqual(yield* database.version, version)
    assert.deepStrictEqual(yield* database.documents.read({ collection: "a" }), {
      found: [{ document: { _id: "1", color: "red" }, rev: version }],
      version
    })
    assert.deepStrictEqual(yield* database.collections, [
      { name: "a", documents: 1, bytes: 25, version }
    ])
  })
)

it.effect("[ST7] a write that is repeated under its id gets the first answer", () =>
  Effect.gen(function* () {
    const { database, log } = yield* writer()
    yield* database.documents.execute(create)
    // Without an _id, each attempt makes another one up; the first one counts.
    const first = yield* database.documents.execute(add({ color: "red" }), {
      idempotencyKey: "key"
    })
    const again = yield* database.documents.execute(add({ color: "red" }), {
      idempotencyKey: "key"
    })
    assert.deepStrictEqual(again, first)
    const other = yield* Effect.flip(
      database.documents.execute(add({ color: "green" }), { idempotencyKey: "key" })
    )
    assert.strictEqual(other._tag, "IdempotencyKeyReused")
    assert.strictEqual((yield* readAll(database)).length, 1)
    assert.strictEqual(yield* log.barrier, first.version)
  })
)

it.effect("[ST7] writes under one id at the same time take effect once", () =>
  Effect.gen(function* () {
    const { database } = yield* writer()
    yield* database.documents.execute(create)
    const attempt = database.documents.execute(add({ color: "red" }), { idempotencyKey: "key" })
    const answers = yield* Effect.all(
      Array.from({ length: 20 }, () => attempt),
      {
        concurrency: "unbounded"
      }
    )
    assert.strictEqual(new Set(answers.map((answer) => JSON.stringify(answer))).size, 1)
    assert.strictEqual((yield* readAll(database)).length, 1)
  })
)

it.effect("[ST1] many writers on three nodes lose nothing, and the nodes agree", () =>
  Effect.gen(function* () {
    const { call, database } = yield* writer()
    const nodes = [database, yield* follower(call), yield* follower(call)]
    yield* database.documents.execute(create)
    yield* Effect.forEach(
      Array.from({ length: 600 }, (_, at) => at),
      (at) => nodes[at % 3]!.documents.execute(add({ _id: `${at}` })),
      { concurrency: "unbounded", discard: true }
    )
    for (const node of nodes) {
      const version = yield* node.barrier
      assert.strictEqual((yield* readAll(node, version)).length, 600)
      assert.deepStrictEqual(yield* node.digest, yield* database.digest)
    }
  })
)

it.effect("[DB10] a read waits until the version that its caller has seen is applied here", () =>
  Effect.gen(function* () {
    let held = false
    const { call, database } = yield* writer()
    const other = yield* follower(((service, payload) =>
      Effect.suspend(() =>
        held ? Effect.fail(new LinkFailed({ started: false })) : call(service, payload)
      )) as Caller)
    yield* readWith(other, "session").pipe(Effect.flip)
    held = true
    // Ends the read of the log that waits at the writer.
    yield* TestClock.adjust("6 seconds")
    yield* database.documents.execute(create)
    const { version } = yield* database.documents.execute(add({ _id: "1" }))

    const late = yield* Effect.forkChild(Effect.flip(readAll(other, version)))
    yield* TestClock.adjust("10 seconds")
    assert.deepInclude(yield* Fiber.join(late), { _tag: "Unavailable", reason: "Behind" })

    const waiting = yield* Effect.forkChild(readAll(other, version))
    held = false
    yield* TestClock.adjust("5 seconds")
    assert.deepStrictEqual(yield* Fiber.join(waiting), [{ _id: "1" }])
  })
)

it.effect("[ST7] an answer that was lost is found again under the same id", () =>
  Effect.gen(function* () {
    let lost = true
    const { call, database } = yield* writer()
    yield* database.documents.execute(create)
    const other = yield* follower(((service, payload) =>
      Effect.suspend(() => {
        const answer = call(service, payload)
        return lost && service === (AppendEntry as unknown)
          ? Effect.andThen(Effect.exit(answer), Effect.fail(new LinkFailed({ started: true })))
          : answer
      })) as Caller)
    const write = other.documents.execute(add({ color: "red" }), { idempotencyKey: "key" })
    const unknown = yield* passing(Effect.flip(write))
    assert.strictEqual(unknown._tag, "Ambiguous")
    lost = false
    const written = yield* write
    // The first copy in the log is the one that counts.
    assert.strictEqual(written.version, 3)
    assert.strictEqual((yield* readAll(database, written.version)).length, 1)
  })
)

it.effect("[ST7] a write in doubt says so before its time is over", () =>
  Effect.gen(function* () {
    const { call, database } = yield* writer()
    yield* database.documents.execute(create)
    const other = yield* follower(((service, payload) =>
      service === (AppendEntry as unknown)
        ? Effect.andThen(Effect.sleep("1 second"), Effect.fail(new LinkFailed({ started: true })))
        : call(service, payload)) as Caller)
    const write = other.documents.execute(add({}), { idempotencyKey: "key", timeout: 2500 })
    const [elapsed, error] = yield* passing(Effect.timed(Effect.flip(write)))
    assert.strictEqual(error._tag, "Ambiguous")
    assert.isBelow(Duration.toMillis(elapsed), 2500)
  })
)

it.effect("[ST14] pages together are the collection, whatever is written in between", () =>
  Effect.gen(function* () {
    const { database } = yield* writer()
    yield* database.documents.execute(create)
    for (let at = 0; at < 250; at += 2)
      yield* database.documents.execute(add({ _id: name(at), keep: true }))
    const found: Array<string> = []
    let cursor: string | undefined
    do {
      const page = yield* database.documents.read(
        { collection: "a", filter: { keep: true } },
        { limit: 10, cursor }
      )
      assert.isAtMost(page.found.length, 10)
      found.push(...page.found.map(({ document }) => String(document["_id"])))
      cursor = page.next
      // Behind the reader, before it, and what does not match.
      yield* database.documents.execute(add({ _id: name(found.length * 2 - 1) + "x", keep: false }))
      yield* database.documents.execute(add({ _id: `0000-${found.length}`, keep: true }))
    } while (cursor !== undefined)
    const untouched = Array.from({ length: 125 }, (_, at) => name(at * 2))
    assert.deepStrictEqual(
      found.filter((id) => !id.includes("-")),
      untouched
    )
    assert.strictEqual(new Set(found).size, found.length)
  })
)

it.effect("[ST22] a page fits into a message, and a cursor belongs to its query", () =>
  Effect.gen(function* () {
    const { database } = yield* writer()
    yield* database.documents.execute(create)
    for (const id of ["1", "2", "3", "4"])
      yield* database.documents.execute(add({ _id: id, text: "x".repeat(300_000) }))
    const read = (cursor?: string, query: object = {}) =>
      database.documents.read({ collection: "a", ...query }, { cursor })
    const page = yield* read()
    assert.strictEqual(page.found.length, 2)
    const next = yield* read(page.next)
    assert.deepStrictEqual(
      next.found.map(({ document }) => document["_id"]),
      ["3", "4"]
    )
    assert.isUndefined(next.next)
    for (const wrong of [read(page.next, { filter: { a: 1 } }), read("nonsense")])
      assert.strictEqual((yield* Effect.flip(wrong))._tag, "CursorInvalid")
    yield* database.documents.execute({ _tag: "DeleteCollection", collection: "a" })
    const gone = yield* Effect.flip(read(page.next))
    assert.strictEqual(gone._tag, "CollectionNotFound")
    yield* database.documents.execute(create)
    const another = yield* Effect.flip(read(page.next))
    assert.strictEqual(another._tag, "CursorInvalid")
  })
)

it.effect("[DB13] a node whose log began anew serves reads and refuses writes", () =>
  Effect.gen(function* () {
    const first = yield* writer()
    const second = yield* writer()
    let current = first.call
    const other = yield* follower(((service, payload) =>
      Effect.suspend(() => current(service, payload))) as Caller)
    yield* first.database.documents.execute(create)
    yield* other.documents.execute(add({ _id: "1" }))
    current = second.call
    yield* TestClock.adjust("10 seconds")
    const refused = yield* Effect.flip(other.documents.execute(add({ _id: "2" })))
    assert.deepStrictEqual(refused, new Unavailable({ reason: "LogRegressed" }))
    assert.deepStrictEqual(yield* readWith(other, "local"), [{ _id: "1" }])
    // What its callers have seen elsewhere will never be here.
    for (const seen of [0, 99])
      assert.deepInclude(yield* Effect.flip(readAll(other, seen)), { reason: "LogRegressed" })
    assert.deepInclude(yield* Effect.flip(other.poll({ collection: "a" })), {
      reason: "LogRegressed"
    })
    assert.strictEqual(yield* second.log.barrier, 0)
  })
)

it.effect("[DB14] a node applies all before an entry that its release does not know", () =>
  Effect.gen(function* () {
    const { database, log } = yield* writer()
    yield* database.documents.execute(create)
    yield* log.append(logged(add({ _id: "1" })), { id: "x" })
    yield* log.append(new TextEncoder().encode(`{"v":2}`), { id: "new" })
    yield* log.append(logged(add({ _id: "2" })), { id: "y" })
    const known = (yield* log.barrier) - 2
    assert.strictEqual((yield* Effect.flip(readAll(database, known + 1)))._tag, "Unavailable")
    assert.strictEqual(yield* database.version, known)
    assert.deepStrictEqual(yield* readWith(database, "local"), [{ _id: "1" }])
    const refused = yield* Effect.flip(database.documents.execute(add({ _id: "3" })))
    assert.deepStrictEqual(refused, new Unavailable({ reason: "Unsupported" }))
    assert.strictEqual(yield* log.barrier, known + 2)
  })
)

it.effect("[DB15] the writer takes snapshots and trims, and a node that is behind loads one", () =>
  Effect.gen(function* () {
    const { call, database, log } = yield* writer({ compactAfterBytes: 20_000 })
    yield* database.documents.execute(create)
    const versions: Array<number> = []
    for (let at = 0; at < 100; at += 1) {
      const addition = add({ _id: `${at}`, text: "x".repeat(1000) })
      const options = { idempotencyKey: `add ${at}` }
      versions.push((yield* database.documents.execute(addition, options)).version)
    }
    yield* Effect.repeat(Effect.yieldNow, { times: 20 })
    const latest = Option.getOrThrow(yield* log.snapshots.latest)
    assert.isAbove(latest.index, 60)
    const trimmed = yield* Effect.flip(Stream.runHead(log.entries(LogIndex.make(1))))
    assert.strictEqual(trimmed._tag, "Compacted")

    const other = yield* follower(call)
    yield* passing(other.barrier)
    assert.deepStrictEqual(yield* other.digest, yield* database.digest)
    // What a write came to is in the snapshot, too.
    const again = yield* other.documents.execute(add({ _id: "3", text: "x".repeat(1000) }), {
      idempotencyKey: "add 3"
    })
    assert.strictEqual(again.version, versions[3])
  })
)

it.effect("[DB15] a snapshot that is older than what is applied here is not loaded", () =>
  Effect.gen(function* () {
    const ref = { id: "snapshot", index: LogIndex.make(1), bytes: 1 }
    const { state } = apply(State.empty, { ...entry(1), command: undefined })
    const asked: Array<number> = []
    const { database } = yield* overFake({
      snapshots: {
        latest: Effect.succeedSome(ref),
        read: () =>
          Stream.fromIterable(Snapshot.encode(state, { cluster: "test", term: 0, members: [] })),
        write: () => Effect.die("not the writer")
      },
      entries: (from) =>
        Stream.suspend(() => {
          asked.push(from)
          if (from > 3) return Stream.never
          const trimmed = new Compacted({ first: LogIndex.make(4), snapshot: ref })
          return Stream.concat(Stream.make(entry(2), entry(3)), Stream.fail(trimmed))
        })
    })
    yield* Effect.flip(readAll(database, 3))
    yield* Effect.repeat(Effect.yieldNow, { times: 5 })
    assert.deepStrictEqual(asked, [2, 4])
    assert.strictEqual(yield* database.version, 3)
  })
)

it.effect("[ST4] a gap in the log stops the node", () =>
  Effect.gen(function* () {
    const { halt } = yield* overFake({
      snapshots: { latest: Effect.succeedNone } as never,
      entries: () => Stream.concat(Stream.make(entry(1), entry(3)), Stream.never)
    })
    const exit = yield* Effect.exit(halt.stopped)
    assert.isTrue(Exit.isFailure(exit))
    if (Exit.isFailure(exit)) assert.instanceOf(Cause.squash(exit.cause), InvariantViolation)
  })
)

it.effect("[DB13] when the database closes, who waits ends with a typed error", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const { database } = yield* Scope.provide(writer(), scope)
    const waiting = yield* Effect.forkChild(Effect.flip(readAll(database, 100)), {
      startImmediately: true
    })
    yield* Scope.close(scope, Exit.void)
    assert.deepStrictEqual(yield* Fiber.join(waiting), new Unavailable({ reason: "Stopping" }))
    const refused = yield* Effect.flip(database.documents.execute(create))
    assert.deepStrictEqual(refused, new Unavailable({ reason: "Stopping" }))
  })
)
