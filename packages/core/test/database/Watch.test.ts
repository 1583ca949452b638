import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import { LogIndex } from "@distri/store/value/LogIndex"
import { ResumeToken, type ChangeEvent } from "../../src/database/Documents.ts"
import { batch, brief, create, drop, node, put, remove, type Node } from "./watchNode.ts"

const tokens = (events: ReadonlyArray<ChangeEvent>) =>
  events.flatMap((event) => ("token" in event ? [event.token] : []))

/** Runs `use` with the events of a watch as they come. */
const watched = Effect.fnUntraced(function* (node: Node, spec: Parameters<Node["watch"]>[0]) {
  const events: Array<ChangeEvent> = []
  const fiber = yield* node.watch(spec).pipe(
    Stream.runForEach((event) => Effect.sync(() => events.push(event))),
    Effect.flip,
    Effect.forkScoped({ startImmediately: true })
  )
  const settle = Effect.repeat(Effect.yieldNow, { times: 20 })
  yield* settle
  return { events, end: Fiber.join(fiber), settle }
})

describe("a watch on a node", () => {
  it.effect("[ST16] from now on it shows what enters, changes in and leaves the watched set", () =>
    Effect.gen(function* () {
      const { node: here, write } = yield* node([create("a"), put("1", 1), put("2", 9)])
      const filter = { n: { $lt: 5 } }
      const { events, settle } = yield* watched(here, { collection: "a", filter })
      yield* write(put("1", 2), put("2", 3), put("1", 7), put("3", 8), remove("2"), remove("1"))
      yield* settle
      assert.deepStrictEqual(brief(events), ["ready", "changed 1", "entered 2", "left 1", "left 2"])
      assert.deepInclude(events[3], {
        cause: "updated",
        version: LogIndex.make(6),
        before: { _id: "1", n: 2 },
        after: { _id: "1", n: 7 }
      })
      assert.deepInclude(events[4], { cause: "deleted", before: { _id: "2", n: 3 } })
      assert.notProperty(events[4], "after")
      assert.strictEqual(new Set(tokens(events)).size, 5)
    }).pipe(Effect.scoped)
  )

  it.effect("[ST16] from the start there is no gap between the pages and the first change", () =>
    Effect.gen(function* () {
      const puts = ["1", "2", "3", "4", "5"].map((id) => put(id, 1))
      const { log, node: here, write } = yield* node([create("a"), ...puts])
      const events: Array<ChangeEvent> = []
      // Between any two events something happens to a document that was shown, and one that was not.
      yield* here.watch({ collection: "a", from: "start" }).pipe(
        Stream.rechunk(1),
        Stream.runForEach((event) => {
          events.push(event)
          const n = events.length
          return n < 20 ? write(put("1", n + 9), put("5", n + 9)) : Effect.interrupt
        }),
        Effect.exit
      )
      assert.deepStrictEqual(brief(events).slice(0, 6), [
        "initial 1",
        "initial 2",
        "initial 3",
        "initial 4",
        "initial 5",
        "ready"
      ])
      const changes = events.slice(6)
      const expected = log.moments.slice(7, 7 + changes.length)
      assert.deepStrictEqual(
        changes.map((event) => (event.kind === "changed" ? event.version : 0)),
        expected.map(({ state }) => state.index)
      )
    }).pipe(Effect.scoped)
  )

  it.effect("[ST16] a token in the middle of a batch goes on in the middle", () =>
    Effect.gen(function* () {
      const all = ["1", "2", "3", "4"].map((id) => put(id, 1))
      const { node: here, write } = yield* node([create("a")])
      const { events, settle } = yield* watched(here, { collection: "a" })
      yield* write(batch(...all), put("5", 1))
      yield* settle
      const places = tokens(events)
      assert.strictEqual(places.length, 6)
      for (const [at, from] of places.entries()) {
        const rest = yield* watched(here, { collection: "a", from })
        assert.deepStrictEqual(rest.events, events.slice(at + 1))
      }
    }).pipe(Effect.scoped)
  )

  it.effect(
    "[ST16] a watcher that stands still holds nothing, and learns that it missed something",
    () =>
      Effect.gen(function* () {
        const { node: here, write } = yield* node([create("a")], { changesMax: 10 })
        const seen: Array<ChangeEvent> = []
        const end = yield* here.watch({ collection: "a" }).pipe(
          Stream.runForEach((event) => {
            seen.push(event)
            const more = Array.from({ length: 30 }, (_, n) => put("1", n))
            return seen.length === 1 ? write(...more) : Effect.void
          }),
          Effect.flip
        )
        assert.strictEqual(here.ring.length, 10)
        assert.deepStrictEqual(brief(seen), ["ready"])
        assert.deepInclude(end, { _tag: "SlowConsumer", resume: tokens(seen)[0]! })
        const again = yield* watched(here, { collection: "a", from: tokens(seen)[0] })
        assert.deepInclude(yield* again.end, { _tag: "ResumeExpired", oldest: 22 })
      }).pipe(Effect.scoped)
  )

  it.effect("[ST22] it ends when its collection is dropped, after all that happened before", () =>
    Effect.gen(function* () {
      const { node: here, write } = yield* node([create("a")])
      const { end, events } = yield* watched(here, { collection: "a" })
      yield* write(put("1", 1), drop("a"), create("a"), put("2", 2))
      assert.deepInclude(yield* end, { _tag: "CollectionDropped", collection: "a" })
      assert.deepStrictEqual(brief(events), ["ready", "entered 1"])
      // The collection is another one now, whatever its name.
      for (const from of tokens(events)) {
        const later = yield* watched(here, { collection: "a", from })
        assert.deepInclude(yield* later.end, { _tag: "CollectionDropped" })
      }
    }).pipe(Effect.scoped)
  )

  it.effect("[ST17] what expires leaves the set when an entry removes it", () =>
    Effect.gen(function* () {
      // oxlint-disable-next-line eslint/no-restricted-globals -- a value, not a clock
      const document = { _id: "1", until: new Date(35) }
      const { node: here, write } = yield* node([
        { _tag: "CreateCollection", collection: "a", expires: "until" }
      ])
      const { events, settle } = yield* watched(here, { collection: "a" })
      yield* write({ _tag: "AddDocument", collection: "a", document }, create("b"))
      yield* write({ _tag: "ExpireDocuments" })
      yield* settle
      assert.deepStrictEqual(brief(events), ["ready", "entered 1", "left 1"])
      assert.deepInclude(events[2], {
        cause: "expired",
        before: document,
        version: LogIndex.make(4)
      })
    }).pipe(Effect.scoped)
  )

  it.effect("a watch that cannot begin says why", () =>
    Effect.gen(function* () {
      const { node: here } = yield* node([create("a"), create("b")])
      const { token } = yield* here.poll({ collection: "a" })
      const failing = (spec: Parameters<Node["watch"]>[0]) =>
        Effect.map(Effect.flip(Stream.runDrain(here.watch(spec))), ({ _tag }) => _tag)
      const other = ResumeToken.make(token.replace("the-log", "another-log"))
      assert.strictEqual(yield* failing({ collection: "c" }), "CollectionNotFound")
      assert.strictEqual(yield* failing({ collection: "a", filter: { $no: 1 } }), "FilterError")
      assert.strictEqual(yield* failing({ collection: "b", from: token }), "ResumeInvalid")
      assert.strictEqual(yield* failing({ collection: "a", from: other }), "ResumeInvalid")
      const text = ResumeToken.make("text")
      assert.strictEqual(yield* failing({ collection: "a", from: text }), "ResumeInvalid")
    }).pipe(Effect.scoped)
  )

  it.effect("[DB13] a watch ends with the copy, and says why", () =>
    Effect.gen(function* () {
      const { node: here } = yield* node([create("a")])
      const { end } = yield* watched(here, { collection: "a" })
      yield* here.stop
      assert.deepInclude(yield* end, { _tag: "Unavailable", reason: "LogRegressed" })
      const later = yield* Effect.flip(here.poll({ collection: "a" }))
      assert.deepInclude(later, { _tag: "Unavailable", reason: "LogRegressed" })
    }).pipe(Effect.scoped)
  )

  it.effect("[ST16] a snapshot that the node takes over wakes those who wait", () =>
    Effect.gen(function* () {
      const { log, node: here } = yield* node([create("a"), create("b")])
      const { end } = yield* watched(here, { collection: "a" })
      const { end: other, settle } = yield* watched(here, { collection: "b" })
      log.append(put("1", 1), put("2", 1))
      yield* here.jump(2)
      assert.deepInclude(yield* end, { _tag: "SlowConsumer" })
      // Nothing happened to the other collection.
      const fiber = yield* Effect.forkScoped(other)
      yield* settle
      assert.isUndefined(fiber.pollUnsafe())
    }).pipe(Effect.scoped)
  )
})
