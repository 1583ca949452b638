/** What a session and a watch may stand on, when there are two lives of one cloud's log. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import type { UserOperation } from "@distri/store/command/Command"
import { LogIndex } from "@distri/store/value/LogIndex"
import type { Database } from "../../src/database/Database.ts"
import type { ChangeEvent } from "../../src/database/Documents.ts"
import { fromStart } from "../../src/database/internal/watchStart.ts"
import { LinkFailed, type Caller } from "../../src/log/RaftPeers.ts"
import { CurrentRequest } from "../../src/service/RequestContext.ts"
import { follower, writer } from "./nodes.ts"
import { brief, create, put } from "./watchNode.ts"

type Service = Database["Service"]

const a = { collection: "a" }
const session = { consistency: "session" } as const
const version = (version: number, log?: string) => ({
  version: LogIndex.make(version),
  ...(log !== undefined && { log })
})

/** As a request whose caller has seen this. */
const having = (log: string, seen = 0) =>
  Effect.provideService(CurrentRequest, {
    idempotencyKey: undefined,
    seen,
    log,
    deadlineMs: Infinity
  })

/** A writer, its next life, and a follower that still waits for entries of the first. */
const twoLives = Effect.gen(function* () {
  const [first, second] = [yield* life("old"), yield* life("new")]
  let writes = first
  const call = ((service, payload) => Effect.suspend(() => writes.call(service, payload))) as Caller
  const node = yield* follower(call)
  yield* node.barrier
  yield* node.documents.count("a", undefined, session)
  return { first, second, node, beginAnew: Effect.sync(() => void (writes = second)) }
})

const life = Effect.fnUntraced(function* (id: string) {
  const made = yield* writer()
  for (const operation of [create("a"), put(id, 1)])
    yield* made.database.documents.execute(operation as UserOperation)
  return { ...made, id: yield* made.log.identity }
})

const refused = (effect: Effect.Effect<unknown, { readonly _tag: string }>) =>
  Effect.map(Effect.flip(effect), (error) => ("reason" in error ? error.reason : error._tag))

it.effect("[DB10] a node that has not heard of the next log does not serve who has seen it", () =>
  Effect.gen(function* () {
    const { beginAnew, node, second } = yield* twoLives
    yield* beginAnew
    // It waits for more of the old log, and knows nothing.
    assert.strictEqual(yield* node.documents.count("a", undefined, session), 1)
    const read = node.documents.get("a", "new", session).pipe(having(second.id, 3))
    assert.strictEqual(yield* refused(read), "LogRegressed")
    assert.strictEqual(yield* refused(node.poll(a).pipe(having(second.id, 3))), "LogRegressed")
    const local = node.documents.count("a", undefined, { consistency: "local" })
    assert.strictEqual(yield* local.pipe(having(second.id, 3)), 1)
  }).pipe(Effect.scoped)
)

it.effect("[DB10] a node that follows the log as it is now serves who saw its last life", () =>
  Effect.gen(function* () {
    const { node } = yield* twoLives
    assert.strictEqual(
      yield* node.documents.count("a", undefined, session).pipe(having("last life", 99)),
      1
    )
    const { events } = yield* node.poll(a).pipe(having("last life", 99))
    assert.deepStrictEqual(events, [])
  }).pipe(Effect.scoped)
)

it.effect("[ST16] a place in another log is refused, and not taken for one in this", () =>
  Effect.gen(function* () {
    const { beginAnew, first, node, second } = yield* twoLives
    const ask = (after: ReturnType<typeof version>) => node.poll({ ...a, after })
    assert.strictEqual((yield* ask(version(2, first.id))).events.length, 1)
    assert.strictEqual(yield* refused(ask(version(2, "last life"))), "ResumeInvalid")
    // A version alone is of the log that its caller has seen.
    assert.strictEqual((yield* ask(version(2))).events.length, 1)
    assert.strictEqual(yield* refused(ask(version(2)).pipe(having("last life"))), "ResumeInvalid")
    // Another node follows the new log, so this is no final answer.
    const { token } = yield* second.database.poll(a)
    yield* beginAnew
    const resumed = node.poll({ ...a, after: token })
    assert.strictEqual(yield* refused(resumed), "LogRegressed")
  }).pipe(Effect.scoped)
)

it.effect("[ST16] a watch from the start never goes on in another log", () =>
  Effect.gen(function* () {
    const { first, second } = yield* twoLives
    /** The documents of one node, and what follows from another. */
    const watched = Effect.fnUntraced(function* (from: Service, to: Service) {
      const events: Array<ChangeEvent> = []
      const follow = (after: ReturnType<typeof version>) =>
        Stream.unwrap(
          Effect.map(to.poll({ ...a, after }), ({ start }) =>
            Stream.succeed<ChangeEvent>({ kind: "ready", token: start })
          )
        )
      const end = yield* fromStart<never>(from.documents.read, a, follow).pipe(
        Stream.runForEach((event) => Effect.sync(() => events.push(event))),
        Effect.result
      )
      return { end, events: brief(events) }
    })
    const same = yield* watched(second.database, second.database)
    assert.deepStrictEqual(same.events, ["initial new", "ready"])
    const mixed = yield* watched(first.database, second.database)
    assert.deepStrictEqual(mixed.events, ["initial old"])
    assert.deepInclude(mixed.end, { _tag: "Failure" })
    assert.strictEqual(mixed.end._tag === "Failure" && mixed.end.failure._tag, "ResumeInvalid")
  }).pipe(Effect.scoped)
)

it.effect(
  "[DB10] [DB13] a node that never caught up serves local reads, and nobody's session",
  () =>
    Effect.gen(function* () {
      let reachable = false
      const { call } = yield* life("1")
      const node = yield* follower(((service, payload) =>
        Effect.suspend(() =>
          reachable ? call(service, payload) : Effect.fail(new LinkFailed({ started: false }))
        )) as Caller)
      const count = node.documents.count("a", undefined, session)
      assert.strictEqual(yield* refused(count), "Joining")
      assert.strictEqual(yield* refused(node.poll(a)), "Joining")
      assert.strictEqual(yield* refused(node.poll({ ...a, after: version(2) })), "Joining")
      assert.strictEqual(yield* refused(Stream.runDrain(node.documents.watch(a))), "Joining")
      const local = node.documents.count("a", undefined, { consistency: "local" })
      assert.strictEqual(yield* refused(local), "CollectionNotFound")
      reachable = true
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* count, 1)
    }).pipe(Effect.scoped)
)
