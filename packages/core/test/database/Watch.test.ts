import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import type { Operation, SingleOperation } from "@distri/store/command/Command"
import { LogIndex } from "@distri/store/value/LogIndex"
import type { Fields } from "@distri/store/value/Value"
import { ResumeToken, type ChangeEvent } from "../../src/database/Documents.ts"
import type { WatchedChange, WatchPoll, WatchReply } from "../../src/database/WatchPoll.ts"
import * as Changes from "../../src/database/internal/changes.ts"
import { CurrentRequest } from "../../src/service/RequestContext.ts"
import { Log, makeNode, matching, type Node } from "./watchNode.ts"

const numRuns = Number(process.env["RUNS"] ?? 150)
const seed = Number(process.env["SEED"] ?? 1)

const create = (collection: string): Operation => ({ _tag: "CreateCollection", collection })
const drop = (collection: string): Operation => ({ _tag: "DeleteCollection", collection })
const put = (id: string, n: number, collection = "a"): SingleOperation => ({
  _tag: "UpdateDocument",
  collection,
  id,
  replace: { _id: id, n },
  upsert: true
})
const remove = (id: string, collection = "a"): SingleOperation => ({
  _tag: "DeleteDocument",
  collection,
  id
})
const batch = (...operations: ReadonlyArray<SingleOperation>): Operation => ({
  _tag: "Batch",
  operations
})

/** Events of a change, briefly. */
const brief = (events: ReadonlyArray<ChangeEvent | WatchedChange>) =>
  events.map((event) => ("id" in event ? `${event.kind} ${event.id}` : event.kind))

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

const node = Effect.fnUntraced(function* (
  operations: ReadonlyArray<Operation>,
  limits?: Parameters<typeof makeNode>[1]
) {
  const log = new Log()
  log.append(...operations)
  const made = yield* makeNode(log, limits)
  yield* made.apply()
  const write = (...more: ReadonlyArray<Operation>) => {
    log.append(...more)
    return made.apply()
  }
  return { log, node: made, write }
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
})

describe("a round of a watch", () => {
  it.effect("[ST16] it waits until something happens, and no longer than it was told", () =>
    Effect.gen(function* () {
      const { node: here, write } = yield* node([create("a"), create("b")])
      const { token: after } = yield* here.poll({ collection: "a" })
      const ask = here.poll({ collection: "a", after, waitMs: 5000 })
      const first = yield* Effect.forkScoped(ask, { startImmediately: true })
      yield* TestClock.adjust(4000)
      yield* write(put("1", 1, "b"), put("1", 1))
      assert.deepStrictEqual(brief((yield* Fiber.join(first)).events), ["entered 1"])
      const { token } = yield* here.poll({ collection: "a" })
      const quiet = here.poll({ collection: "a", after: token, waitMs: 5000 })
      const second = yield* Effect.forkScoped(quiet, { startImmediately: true })
      yield* TestClock.adjust(4000)
      yield* write(put("2", 1, "b"))
      yield* TestClock.adjust(1000)
      assert.deepStrictEqual((yield* Fiber.join(second)).events, [])
    }).pipe(Effect.scoped)
  )

  it.effect("[ST16] it misses nothing that was applied but not published when it came", () =>
    Effect.gen(function* () {
      const { log, node: here } = yield* node([create("a")])
      const { token: after } = yield* here.poll({ collection: "a" })
      log.append(put("1", 1))
      // It pushes the changes, and lets others run before it publishes the state.
      yield* Effect.forkScoped(here.apply(), { startImmediately: true })
      assert.strictEqual((yield* here.state).index, 1)
      const asked = yield* Effect.forkScoped(
        here.poll({ collection: "a", after, waitMs: 20_000 }),
        { startImmediately: true }
      )
      yield* Effect.repeat(Effect.yieldNow, { times: 20 })
      const reply = asked.pollUnsafe()
      assert.isTrue(reply?._tag === "Success")
      assert.deepStrictEqual(brief((yield* Fiber.join(asked)).events), ["entered 1"])
    }).pipe(Effect.scoped)
  )

  it.effect("a push wakes once, and only those of its collection", () =>
    Effect.gen(function* () {
      const { changed, push } = yield* Changes.make()
      const wait = (uid: number) =>
        Effect.forkScoped(changed(LogIndex.make(uid)), { startImmediately: true })
      const pushed = (index: number, uid: number) =>
        push(LogIndex.make(index), [
          {
            index: LogIndex.make(index),
            op: 0,
            collection: "a",
            uid: LogIndex.make(uid),
            kind: "dropped"
          }
        ])
      const [one, two] = [yield* wait(1), yield* wait(2)]
      pushed(3, 1)
      yield* Fiber.join(one)
      const next = yield* wait(1)
      yield* Effect.repeat(Effect.yieldNow, { times: 5 })
      assert.isUndefined(two.pollUnsafe())
      assert.isUndefined(next.pollUnsafe())
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

  it.effect("[ST16] after the version of a read it shows what happened since", () =>
    Effect.gen(function* () {
      const { node: here } = yield* node([create("a"), put("1", 1), put("2", 1), put("3", 1)])
      const after = (version: number) =>
        here.poll({ collection: "a", after: { version: LogIndex.make(version) } })
      assert.deepStrictEqual(brief((yield* after(2)).events), ["entered 2", "entered 3"])
      assert.deepStrictEqual(brief((yield* after(4)).events), [])
      const { start, token } = yield* after(4)
      assert.strictEqual(start, token)
      // Before the collection was created nobody can have read it.
      assert.deepInclude(yield* Effect.flip(after(0)), { _tag: "CollectionDropped" })
    }).pipe(Effect.scoped)
  )

  it.effect("[ST16] an answer is bounded, and the next one goes on where it ended", () =>
    Effect.gen(function* () {
      const large = "x".repeat(300 * 1024)
      const puts = Array.from({ length: 9 }, (_, n): Operation => {
        const id = String(n)
        const replace = { _id: id, large }
        return { _tag: "UpdateDocument", collection: "a", id, replace, upsert: true }
      })
      const { node: here } = yield* node([create("a"), ...puts])
      let after: NonNullable<WatchPoll["after"]> = { version: LogIndex.make(1) }
      const sizes: Array<number> = []
      for (;;) {
        const reply: WatchReply = yield* here.poll({ collection: "a", after })
        if (reply.events.length === 0) break
        sizes.push(reply.events.length)
        after = reply.token
      }
      assert.deepStrictEqual(sizes, [2, 2, 2, 2, 1])
      const one = yield* here.poll({
        collection: "a",
        after: { version: LogIndex.make(1) },
        limit: 1
      })
      assert.strictEqual(one.events.length, 1)
    }).pipe(Effect.scoped)
  )

  it.effect(
    "[ST16] a node that is behind its caller catches up first, or says that it is behind",
    () =>
      Effect.gen(function* () {
        const log = new Log()
        log.append(create("a"), put("1", 1), put("2", 1))
        const [ahead, behind] = [yield* makeNode(log), yield* makeNode(log)]
        yield* ahead.apply()
        const { token: after } = yield* ahead.poll({ collection: "a" })
        const late = yield* Effect.forkScoped(
          Effect.flip(behind.poll({ collection: "a", after })),
          {
            startImmediately: true
          }
        )
        yield* TestClock.adjust("5 seconds")
        assert.deepInclude(yield* Fiber.join(late), { _tag: "Unavailable", reason: "Behind" })
        // Who has seen the collection finds it.
        const seen = Effect.provideService(behind.poll({ collection: "a" }), CurrentRequest, {
          idempotencyKey: undefined,
          seen: 3,
          deadlineMs: Infinity
        })
        const fiber = yield* Effect.forkScoped(seen, { startImmediately: true })
        yield* behind.apply()
        assert.strictEqual((yield* Fiber.join(fiber)).token, after)
      }).pipe(Effect.scoped)
  )

  it.effect("[ST16] a thousand rounds that wait are woken by what concerns them alone", () =>
    Effect.gen(function* () {
      const { node: here, write } = yield* node([create("a"), create("b")])
      const { token: after } = yield* here.poll({ collection: "a" })
      const ask = here.poll({ collection: "a", after, waitMs: 20_000 })
      const fibers = yield* Effect.forEach(Array.from({ length: 1000 }), () =>
        Effect.forkScoped(ask, { startImmediately: true })
      )
      yield* write(put("1", 1, "b"))
      yield* Effect.yieldNow
      assert.isUndefined(fibers[999]!.pollUnsafe())
      yield* write(put("1", 1))
      const replies = yield* Fiber.joinAll(fibers)
      assert.strictEqual(new Set(replies.map(({ token }) => token)).size, 1)
    }).pipe(Effect.scoped)
  )
})

const id = fc.constantFrom("1", "2", "3", "4")
const number = fc.integer({ min: 0, max: 9 })
const collection = fc.constantFrom("a", "b")
const single = fc.oneof(
  { weight: 6, arbitrary: fc.tuple(id, number, collection).map((args) => put(...args)) },
  { weight: 2, arbitrary: fc.tuple(id, collection).map((args) => remove(...args)) },
  {
    weight: 1,
    arbitrary: fc.tuple(collection, number).map(([collection, n]): SingleOperation => {
      return { _tag: "DeleteDocuments", collection, filter: { n } }
    })
  }
)
const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 8, arbitrary: single },
  { weight: 4, arbitrary: fc.array(single, { maxLength: 6 }).map((all) => batch(...all)) },
  { weight: 1, arbitrary: collection.map(drop) },
  { weight: 2, arbitrary: collection.map(create) }
)
const filter: fc.Arbitrary<Fields> = fc.oneof(
  fc.constant({}),
  number.map((n) => ({ n: { $gte: n } })),
  fc.array(number, { minLength: 1, maxLength: 4 }).map((all) => ({ n: { $in: all } }))
)
const act = fc.record({
  node: fc.nat({ max: 2 }),
  what: fc.constantFrom("append", "apply", "apply", "poll", "poll", "poll", "jump"),
  operations: fc.array(operation, { minLength: 1, maxLength: 4 }),
  count: fc.integer({ min: 1, max: 6 })
})
const story = fc.record({
  filter,
  rings: fc.array(fc.constantFrom(3, 10, 100_000), { minLength: 3, maxLength: 3 }),
  acts: fc.array(act, { minLength: 30, maxLength: 100 })
})

/** The watched set, as its consumer rebuilds it. */
const take = (set: Map<string, Fields>, event: WatchedChange) => {
  if (event.kind === "left") set.delete(event.id)
  else set.set(event.id, event.after!)
}

describe("watches", () => {
  it.effect(
    "[ST16] the rebuilt set is the real one, whatever happens and whichever node answers",
    () => {
      let compared = 0
      const run = Effect.fnUntraced(function* ({
        acts,
        filter,
        rings
      }: typeof story extends fc.Arbitrary<infer A> ? A : never) {
        const log = new Log()
        log.append(create("a"), create("b"))
        const nodes = yield* Effect.forEach(rings, (changesMax) => makeNode(log, { changesMax }))
        yield* Effect.forEach(nodes, (node) => node.apply())
        let set = new Map<string, Fields>()
        let after: WatchPoll["after"]
        for (const { count, node: at, operations, what } of acts) {
          const node = nodes[at]!
          if (what === "append") log.append(...operations)
          else if (what === "apply") yield* node.apply(count)
          else if (what === "jump") yield* node.jump(count)
          else {
            const { index } = yield* node.state
            if (after === undefined) {
              set = matching(log.moments[index]!.state, "a", filter)
              after = { version: index }
            }
            // The end of the clock's wait is the node's: nothing is applied meanwhile.
            const asked = yield* Effect.forkScoped(
              Effect.result(node.poll({ collection: "a", filter, after, limit: count })),
              { startImmediately: true }
            )
            yield* TestClock.adjust("6 seconds")
            const reply = yield* Fiber.join(asked)
            if (reply._tag === "Failure") {
              if (reply.failure._tag !== "Unavailable") after = undefined
              continue
            }
            for (const event of reply.success.events) take(set, event)
            after = reply.success.token
            if (reply.success.events.length > 0) continue
            // Nothing more at this node. If it is not behind the token, the sets are equal.
            const again = yield* node.poll({ collection: "a", filter, after: { version: index } })
            if (again.token !== after) continue
            compared++
            assert.deepStrictEqual(set, matching(log.moments[index]!.state, "a", filter))
          }
        }
      }, Effect.scoped)
      return Effect.gen(function* () {
        for (const one of fc.sample(story, { numRuns, seed })) yield* run(one)
        assert.isAbove(compared, numRuns)
      })
    },
    120_000
  )
})
