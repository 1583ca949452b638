import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import type { Operation, SingleOperation } from "@distri/store/command/Command"
import { LogIndex } from "@distri/store/value/LogIndex"
import type { Fields } from "@distri/store/value/Value"
import * as Changes from "../../src/database/internal/changes.ts"
import type { WatchedChange, WatchPoll, WatchReply } from "../../src/database/WatchPoll.ts"
import { CurrentRequest } from "../../src/service/RequestContext.ts"
import {
  batch,
  brief,
  create,
  drop,
  Log,
  makeNode,
  matching,
  node,
  put,
  remove
} from "./watchNode.ts"

const numRuns = Number(process.env["RUNS"] ?? 150)
const seed = Number(process.env["SEED"] ?? 1)

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
          log: "",
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
