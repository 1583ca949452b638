import { assert, it } from "@effect/vitest"
import type { UserOperation } from "@distri/store/command/Command"
import * as Snapshot from "@distri/store/snapshot/Snapshot"
import { digest } from "@distri/store/state/Digest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import type { Database } from "../../src/database/Database.ts"
import type { PageOptions } from "../../src/database/Documents.ts"
import { follower, writer } from "./nodes.ts"

const ids = Array.from({ length: 9 }, (_, at) => `${at}`)

const filled = Effect.gen(function* () {
  const { call, database } = yield* writer({ home: "127.0.0.1:1" })
  yield* database.documents.execute({ _tag: "CreateCollection", collection: "a" })
  for (const _id of ids)
    yield* database.documents.execute({
      _tag: "AddDocument",
      collection: "a",
      document: { _id, n: 0 }
    })
  return { call, database }
})

const page = ({ documents }: Database["Service"], options: PageOptions) =>
  documents.read({ collection: "a" }, { limit: 3, mode: "snapshot", ...options })

const change = (id: string): UserOperation => ({
  _tag: "UpdateDocument",
  collection: "a",
  id,
  set: { n: 1 }
})

it.effect("[DB19] [ST15] the pages of a snapshot show the version of the first", () =>
  Effect.gen(function* () {
    const { database } = yield* filled
    const seen: Array<unknown> = []
    let cursor: string | undefined
    const versions = new Set<number>()
    do {
      const { found, next, version } = yield* page(database, { cursor })
      seen.push(...found.map(({ document }) => document))
      versions.add(version)
      yield* database.documents.execute(change("7"))
      yield* database.documents.execute({
        _tag: "DeleteDocuments",
        collection: "a",
        filter: { _id: { $in: ["4", "8"] } }
      })
      cursor = next
    } while (cursor !== undefined)
    assert.deepStrictEqual(
      seen,
      ids.map((_id) => ({ _id, n: 0 }))
    )
    assert.strictEqual(versions.size, 1)
  })
)

it.effect("[DB19] another node names the one that keeps the snapshot", () =>
  Effect.gen(function* () {
    const { call, database } = yield* filled
    const other = yield* follower(call, { home: "127.0.0.1:2" })
    const { next } = yield* page(database, {})
    const elsewhere = yield* Effect.flip(page(other, { cursor: next }))
    assert.deepInclude(elsewhere, { _tag: "CursorElsewhere", home: "127.0.0.1:1" })
    // A live cursor works anywhere.
    const live = yield* page(database, { mode: "live" })
    assert.strictEqual((yield* page(other, { cursor: live.next })).found.length, 3)
  })
)

it.effect(
  "[DB19] a snapshot that nobody asks for is gone after a minute, and after the last page",
  () =>
    Effect.gen(function* () {
      const { database } = yield* filled
      const { next } = yield* page(database, {})
      yield* TestClock.adjust("50 seconds")
      const second = yield* page(database, { cursor: next })
      yield* TestClock.adjust("50 seconds")
      yield* page(database, { cursor: second.next })
      const used = yield* Effect.flip(page(database, { cursor: next }))
      assert.strictEqual(used._tag, "CursorExpired")

      const rested = yield* page(database, {})
      yield* TestClock.adjust("61 seconds")
      const expired = yield* Effect.flip(page(database, { cursor: rested.next }))
      assert.strictEqual(expired._tag, "CursorExpired")
    })
)

it.effect("[DB19] any number of cursors share the snapshot of one version", () =>
  Effect.gen(function* () {
    const { database } = yield* filled
    const pages = yield* Effect.replicateEffect(page(database, {}), 200)
    for (const { next } of pages)
      assert.strictEqual((yield* page(database, { cursor: next })).found.length, 3)
    // The end of one cursor is not the end of those that share with it.
    for (const { next } of pages) {
      const { next: last } = yield* page(database, { cursor: next })
      const { found } = yield* page(database, { cursor: last })
      assert.deepStrictEqual(
        found.map(({ document }) => document["_id"]),
        ["6", "7", "8"]
      )
    }
  })
)

it.effect("[DB19] a node keeps 64 versions, and takes none from a cursor in use", () =>
  Effect.gen(function* () {
    const { database } = yield* filled
    const first = Effect.tap(page(database, {}), () => database.documents.execute(change("1")))
    const pages = yield* Effect.replicateEffect(first, 64)
    const refused = yield* Effect.flip(page(database, {}))
    assert.deepInclude(refused, { _tag: "Overloaded", reason: "memory", retryAfterMs: 1000 })
    for (const { next } of pages)
      assert.strictEqual((yield* page(database, { cursor: next })).found.length, 3)

    yield* TestClock.adjust("6 seconds")
    yield* page(database, { cursor: pages[0]!.next })
    yield* page(database, {})
    const rested = yield* Effect.flip(page(database, { cursor: pages[1]!.next }))
    assert.strictEqual(rested._tag, "CursorExpired")
    for (const at of [0, 2]) yield* page(database, { cursor: pages[at]!.next })
  })
)

it.effect(
  "[DB19] what was replaced since the oldest snapshot is bounded",
  () =>
    Effect.gen(function* () {
      const { database } = yield* filled
      const document = { _id: "big", text: "x".repeat(500_000) }
      yield* database.documents.execute({ _tag: "AddDocument", collection: "a", document })
      const inc = { _tag: "UpdateDocument", collection: "a", id: "big", inc: { n: 1 } } as const
      const touch = Effect.replicateEffect(database.documents.execute(inc), 140)
      const first = yield* page(database, {})
      yield* touch
      const later = yield* page(database, {})
      const second = yield* page(database, { cursor: first.next })
      yield* touch
      const gone = yield* Effect.flip(page(database, { cursor: second.next }))
      assert.strictEqual(gone._tag, "CursorExpired")
      yield* page(database, { cursor: later.next })
    }),
  60_000
)

it.effect("a cursor that was altered, or is none, is refused", () =>
  Effect.gen(function* () {
    const { database } = yield* filled
    const { next } = yield* page(database, { mode: "live" })
    for (let at = 0; at < next!.length; at += 1) {
      const other = next![at] === "A" ? "B" : "A"
      const altered = next!.slice(0, at) + other + next!.slice(at + 1)
      const read = yield* Effect.result(page(database, { cursor: altered }))
      // The last character may hold bits that count for nothing.
      if (read._tag === "Failure") assert.strictEqual(read.failure._tag, "CursorInvalid")
      else assert.strictEqual(at, next!.length - 1)
    }
    for (const cursor of ["", "%", "AAAA", "é".repeat(100)])
      assert.strictEqual((yield* Effect.flip(page(database, { cursor })))._tag, "CursorInvalid")
  })
)

it.effect("[ST18] a backup is the whole database", () =>
  Effect.gen(function* () {
    const { database } = yield* filled
    const decoder = Snapshot.makeDecoder()
    yield* Stream.runForEach(database.backup, (chunk) => Effect.sync(() => decoder.push(chunk)))
    const restored = decoder.finish()
    assert.strictEqual(restored._tag, "State")
    if (restored._tag !== "State") return
    assert.strictEqual(digest(restored.state), (yield* database.digest).digest)
    assert.strictEqual(restored.header.cluster, "test")
  })
)
