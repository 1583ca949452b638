import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import { UnknownOutcome } from "../../src/client/CallError.ts"
import type { CallOptions } from "../../src/client/Client.ts"
import type { Call } from "../../src/client/internal/documents.ts"
import * as Watching from "../../src/client/internal/watch.ts"
import type { NodeView } from "../../src/cloud/NodeTable.ts"
import type { NodeId } from "../../src/cloud/UpdateInfo.ts"
import type { ChangeEvent, ResumeToken, WatchSpec } from "../../src/database/Documents.ts"
import type { WatchPoll, WatchReply } from "../../src/database/WatchPoll.ts"
import { Draining, Overloaded } from "../../src/service/Refusal.ts"
import { nodeId, reportOf } from "../cloud/support.ts"
import { batch, brief, create, Log, makeNode, put, remove } from "../database/watchNode.ts"

const numRuns = Number(process.env["RUNS"] ?? 60)
const seed = Number(process.env["SEED"] ?? 1)

const homes = ["127.0.0.1:7401", "127.0.0.1:7402", "127.0.0.1:7403"]

/** What becomes of a call: it is answered, refused, or answered but the answer is lost. */
type Fate = "answered" | "refused" | "full" | "lost"

interface Asked {
  readonly node: string
  readonly placed: boolean
  readonly poll: WatchPoll
}

/** Three nodes over one log, and a watcher who reaches them by calls that may fail. */
const cloud = Effect.fnUntraced(function* (
  rings: ReadonlyArray<number>,
  script: {
    /** The node that placement chooses for the n-th call. */
    readonly place?: (n: number) => number
    readonly fate?: (n: number, node: number) => Fate
  } = {}
) {
  const { fate = () => "answered", place = () => 0 } = script
  const log = new Log()
  log.append(create("a"))
  const nodes = yield* Effect.forEach(rings, (changesMax, at) =>
    makeNode(log, { changesMax }, homes[at])
  )
  const applyAll = Effect.forEach(nodes, (node) => node.apply(), { discard: true })
  yield* applyAll
  const asked: Array<Asked> = []
  const call = ((_: unknown, poll: WatchPoll, options: CallOptions = {}) =>
    Effect.suspend((): Effect.Effect<WatchReply, unknown> => {
      const n = asked.length
      const at = options.node === undefined ? place(n) : homes.indexOf(options.node)
      const node = nodes[at]!
      asked.push({ node: homes[at]!, placed: options.node === undefined, poll })
      // A call that is placed goes elsewhere by itself when it is refused.
      const end = options.node === undefined ? "answered" : fate(n, at)
      if (end === "refused") return Effect.fail(new Draining({ node: homes[at]! }))
      if (end === "full")
        return Effect.fail(new Overloaded({ retryAfterMs: 50, reason: "connection" }))
      const lost = new UnknownOutcome({ service: "Watch", node: homes[at]! })
      return end === "answered"
        ? node.poll(poll)
        : Effect.andThen(node.poll(poll), Effect.fail(lost))
    })) as unknown as Call
  const views = homes.map((address, at): readonly [NodeId, NodeView] => [
    nodeId(at),
    { info: reportOf(at, { address }), status: "up", heardAtMs: 0 } as NodeView
  ])
  const table = { nodes: yield* SubscriptionRef.make(new Map(views)) } as never
  const watch = Watching.watch(call, (query, options) => nodes[0]!.read(query, options), table)

  const watched = Effect.fnUntraced(function* (spec: WatchSpec) {
    const events: Array<ChangeEvent> = []
    const fiber = yield* watch(spec).pipe(
      Stream.runForEach((event) => Effect.sync(() => events.push(event))),
      Effect.forkScoped({ startImmediately: true })
    )
    yield* settle
    return { events, fiber }
  })
  return { log, nodes, applyAll, asked, watched, watch }
})

/** Lets everybody run, and whoever pauses go on. */
const settle = Effect.repeat(
  Effect.andThen(TestClock.adjust(2000), Effect.repeat(Effect.yieldNow, { times: 5 })),
  { times: 3 }
)

describe("a watch from afar", () => {
  it.effect(
    "[ST16] shows every change once, in order, whichever calls fail and whoever answers",
    () => {
      const operation = fc.oneof(
        fc.tuple(fc.constantFrom("1", "2", "3"), fc.nat({ max: 9 })).map(([id, n]) => put(id, n)),
        fc.constantFrom("1", "2", "3").map((id) => remove(id))
      )
      const story = fc.record({
        from: fc.constantFrom("now" as const, "start" as const),
        writes: fc.array(
          fc.record({
            operations: fc.array(operation, { minLength: 1, maxLength: 4 }),
            node: fc.nat({ max: 2 })
          }),
          { minLength: 5, maxLength: 25 }
        ),
        places: fc.array(fc.nat({ max: 2 }), { minLength: 10, maxLength: 10 }),
        fates: fc.array(
          fc.constantFrom<Fate>("answered", "answered", "answered", "refused", "full", "lost"),
          { minLength: 13, maxLength: 13 }
        )
      })
      const run = Effect.fnUntraced(function* ({
        fates,
        from,
        places,
        writes
      }: typeof story extends fc.Arbitrary<infer A> ? A : never) {
        const { applyAll, log, nodes, watched } = yield* cloud([1e5, 1e5, 1e5], {
          place: (n) => places[n % places.length]!,
          fate: (n) => fates[n % fates.length]!
        })
        const { events, fiber } = yield* watched({ collection: "a", from })
        for (const { node, operations } of writes) {
          log.append(batch(...operations))
          // Only some of the nodes have it when the watcher is awake.
          yield* nodes[node]!.apply()
          yield* settle
        }
        yield* applyAll
        yield* Effect.repeat(settle, { times: 30 })
        assert.isUndefined(fiber.pollUnsafe())
        assert.strictEqual(events[0]?.kind, "ready")
        const expected = log.moments.flatMap(({ changes }) =>
          changes.map((change) => `${change.index} ${change.op}`)
        )
        const { token } = events[0] as { readonly token: string }
        const whole = yield* nodes[0]!.poll({ collection: "a", after: token as never })
        assert.deepStrictEqual<ReadonlyArray<ChangeEvent>>(events.slice(1), whole.events)
        assert.strictEqual(events.length - 1, expected.length)
      }, Effect.scoped)
      return Effect.gen(function* () {
        for (const one of fc.sample(story, { numRuns, seed })) yield* run(one)
      })
    },
    120_000
  )

  it.effect(
    "[ST16] asks the nodes that may remember more before it says that a token is too old",
    () =>
      Effect.gen(function* () {
        const { applyAll, asked, log, nodes, watched } = yield* cloud([2, 3, 1e5])
        const { token: from } = yield* nodes[0]!.poll({ collection: "a" })
        for (let n = 1; n < 10; n += 1) log.append(put("1", n))
        yield* applyAll
        const { events } = yield* watched({ collection: "a", from })
        assert.strictEqual(events.length, 9)
        // It goes on where it was answered.
        assert.strictEqual(asked.findLast(({ placed }) => !placed)?.node, homes[2])
      }).pipe(Effect.scoped)
  )

  it.effect(
    "[ST16] says that it is too late when nobody remembers, and where it stood if it had read",
    () =>
      Effect.gen(function* () {
        const { applyAll, log, nodes, watch, watched } = yield* cloud([2, 3, 2])
        const { token: from } = yield* nodes[0]!.poll({ collection: "a" })
        const more = Effect.suspend(() => {
          for (let n = 1; n < 10; n += 1) log.append(put("1", n))
          return applyAll
        })
        yield* more
        const late = yield* watched({ collection: "a", from })
        assert.deepInclude(yield* Effect.flip(Fiber.join(late.fiber)), {
          _tag: "ResumeExpired",
          oldest: 8
        })
        const seen: Array<ChangeEvent> = []
        const slow = yield* watch({ collection: "a" }).pipe(
          Stream.runForEach((event) => {
            seen.push(event)
            return more
          }),
          Effect.flip
        )
        assert.deepStrictEqual(brief(seen), ["ready"])
        const { token: resume } = seen[0] as { readonly token: string }
        assert.deepInclude(slow, { _tag: "SlowConsumer", resume })
      }).pipe(Effect.scoped)
  )

  it.effect("a watcher who does not ask costs nobody anything", () =>
    Effect.gen(function* () {
      const { asked, watch } = yield* cloud([10, 10, 10])
      const stands = yield* watch({ collection: "a" }).pipe(
        Stream.runForEach(() => Effect.never),
        Effect.forkScoped({ startImmediately: true })
      )
      yield* Effect.repeat(settle, { times: 20 })
      assert.isUndefined(stands.pollUnsafe())
      assert.strictEqual(asked.length, 1)
    }).pipe(Effect.scoped)
  )

  it.effect("it waits at the node that answered, and is placed anew after a wait for nothing", () =>
    Effect.gen(function* () {
      const { asked, watched } = yield* cloud([10, 10, 10], { place: (n) => (n === 0 ? 0 : 1) })
      yield* watched({ collection: "a" })
      yield* TestClock.adjust("25 seconds")
      yield* settle
      const briefly = asked.map(({ node, placed, poll }) => [
        homes.indexOf(node),
        placed,
        poll.waitMs
      ])
      assert.deepStrictEqual(briefly.slice(0, 4), [
        [0, true, undefined],
        [0, false, 20_000],
        [1, true, undefined],
        [1, false, 20_000]
      ])
    }).pipe(Effect.scoped)
  )

  it.effect(
    "[ST16] the first answer after a read may have changes already; they come after its token",
    () =>
      Effect.gen(function* () {
        const { log, nodes, watched } = yield* cloud([10, 10, 10], { place: () => 1 })
        log.append(put("1", 1))
        yield* nodes[1]!.apply()
        const { events } = yield* watched({ collection: "a", from: "start" })
        assert.deepStrictEqual(brief(events), ["ready", "entered 1"])
        const { token: from } = events[0] as { readonly token: ResumeToken }
        const again = yield* watched({ collection: "a", from })
        assert.deepStrictEqual(again.events, events.slice(1))
      }).pipe(Effect.scoped)
  )

  it.effect("[CL17] a node that stops hands its round back, and another one has the next", () =>
    Effect.gen(function* () {
      const { applyAll, asked, log, watched } = yield* cloud([10, 10, 10], {
        place: (n) => (n === 0 ? 0 : 1),
        fate: (_, node) => (node === 0 ? "refused" : "answered")
      })
      const { events } = yield* watched({ collection: "a" })
      assert.strictEqual(asked.filter(({ node }) => node === homes[0]).length, 2)
      log.append(put("1", 1))
      yield* applyAll
      yield* settle
      assert.deepStrictEqual(brief(events), ["ready", "entered 1"])
    }).pipe(Effect.scoped)
  )

  it.effect("a node that keeps failing is not asked again and again", () =>
    Effect.gen(function* () {
      const { asked, watched } = yield* cloud([10, 10, 10], { fate: () => "full" })
      const { fiber } = yield* watched({ collection: "a" })
      yield* TestClock.adjust("60 seconds")
      assert.isUndefined(fiber.pollUnsafe())
      assert.isBelow(asked.length, 100)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.hasInterrupts(yield* Fiber.await(fiber)))
    }).pipe(Effect.scoped)
  )
})
