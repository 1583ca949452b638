import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as RpcTest from "effect/rpc/RpcTest"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as FollowerLog from "../../src/log/FollowerLog.ts"
import { ClusterId, LogIndex, LogRegressed, ReplicatedLog } from "../../src/log/ReplicatedLog.ts"
import * as SingleNodeLog from "../../src/log/SingleNodeLog.ts"
import { LinkFailed, WriterLink, type Caller } from "../../src/log/WriterLink.ts"
import { LogServices, ReadEntries } from "../../src/service/LogServices.ts"
import { append, barrier, bytes, laws, read, text, type Limits } from "./ReplicatedLogContract.ts"

const cluster = ClusterId.make("test")

laws("FollowerLog", (limits) => pair(limits, (call) => call))

// Every third call is lost on the way there, every fifth on the way back.
laws("FollowerLog over a link that fails", (limits) =>
  Effect.gen(function* () {
    // Time passes by itself, so that a follower that waits before it asks again goes on.
    yield* TestClock.adjust("10 millis").pipe(
      Effect.andThen(Effect.yieldNow),
      Effect.forever,
      Effect.forkScoped
    )
    let calls = 0
    return yield* pair(
      limits,
      (call) => (service, payload) =>
        Effect.suspend(() => {
          calls += 1
          if (calls % 3 === 0) return Effect.fail(new LinkFailed({ started: false }))
          const answer = call(service, payload)
          return calls % 5 === 0
            ? Effect.andThen(Effect.exit(answer), Effect.fail(new LinkFailed({ started: true })))
            : answer
        })
    )
  })
)

it.effect(
  "[RL9] an append that was not sent is refused; one that may have arrived is unknown",
  () =>
    Effect.gen(function* () {
      const fault = { started: false }
      const { log, writer } = yield* pair(
        {},
        (call) => (service, payload) =>
          Effect.andThen(
            fault.started ? Effect.exit(call(service, payload)) : Effect.void,
            Effect.fail(new LinkFailed(fault))
          )
      )
      const refused = yield* Effect.flip(log.append(bytes("a"), { id: "a" }))
      assert.strictEqual(refused._tag, "Unavailable")
      assert.strictEqual(yield* writer.barrier, 0)
      fault.started = true
      const unknown = yield* Effect.flip(log.append(bytes("b"), { id: "b" }))
      assert.strictEqual(unknown._tag, "Ambiguous")
      assert.strictEqual(yield* writer.barrier, 1)
    })
)

it.effect("[RL9] an append without an answer in time is unknown", () =>
  Effect.gen(function* () {
    const { log } = yield* pair({}, () => () => Effect.never)
    const waiting = yield* Effect.forkChild(
      Effect.flip(log.append(bytes("a"), { id: "a", deadline: "3 seconds" }))
    )
    yield* TestClock.adjust("3 seconds")
    assert.strictEqual((yield* Fiber.join(waiting))._tag, "Ambiguous")
  })
)

it.effect("[RL9] a link that is interrupted with what it carries leaves the append unknown", () =>
  Effect.gen(function* () {
    const { log } = yield* pair({}, () => () => Effect.interrupt)
    const unknown = yield* Effect.flip(log.append(bytes("a"), { id: "a" }))
    assert.strictEqual(unknown._tag, "Ambiguous")
    assert.strictEqual((yield* Effect.flip(log.barrier)).reason, "NoLeader")
  })
)

it.effect("[RL2] a follower reads on when the writer can be reached again", () =>
  Effect.gen(function* () {
    let broken = true
    const { log, writer } = yield* pair(
      {},
      (call) => (service, payload) =>
        Effect.suspend(() =>
          broken ? Effect.fail(new LinkFailed({ started: false })) : call(service, payload)
        )
    )
    yield* append(writer, "a")
    const reading = yield* Effect.forkChild(read(log, 1, 1))
    yield* TestClock.adjust("1 minute")
    broken = false
    yield* TestClock.adjust("3 seconds")
    const [entry] = yield* Fiber.join(reading)
    assert.strictEqual(text(entry!), "a")
  })
)

it.effect("[RL12] a writer that began anew is not followed, and gets nothing to write", () =>
  Effect.gen(function* () {
    const first = yield* serve({})
    const second = yield* serve({})
    let current = first.call
    const log = yield* follow((service, payload) => Effect.suspend(() => current(service, payload)))
    yield* append(log, "kept")
    current = second.call
    assert.instanceOf(yield* Effect.flip(read(log, 1, 2)), LogRegressed)
    const refused = yield* Effect.flip(log.append(bytes("lost"), { id: "lost" }))
    assert.deepInclude(refused, { _tag: "Unavailable", reason: "LogRegressed" })
    assert.strictEqual(yield* second.log.barrier, 0)
    // For good: the first writer would have entries that this node has not seen refused.
    current = first.call
    assert.strictEqual((yield* Effect.flip(log.barrier)).reason, "LogRegressed")
  })
)

it.effect("[RL15] a log of another cloud is refused", () =>
  Effect.gen(function* () {
    const { call, log: other } = yield* serve({}, ClusterId.make("other"))
    const log = yield* follow(call)
    assert.strictEqual((yield* Effect.flip(read(log, 1, 1)))._tag, "WrongCluster")
    const refused = yield* Effect.flip(log.append(bytes("a"), { id: "a" }))
    assert.deepInclude(refused, { _tag: "Unavailable", reason: "WrongCluster" })
    assert.strictEqual(yield* other.barrier, 0)
  })
)

it.effect("[RL11] a snapshot that was replaced while it is read ends with an error", () =>
  Effect.gen(function* () {
    const { log, writer } = yield* pair({}, (call) => call)
    for (const at of [1, 2, 3]) {
      yield* append(writer, "a")
      yield* writer.snapshots.write(LogIndex.make(at), Stream.make(bytes("state")))
    }
    const latest = Option.getOrThrow(yield* log.snapshots.latest)
    const gone = { ...latest, id: latest.id.replace(/3$/, "1") }
    const error = yield* Effect.flip(Stream.runDrain(log.snapshots.read(gone)))
    assert.deepInclude(error, { _tag: "Unavailable", reason: "SnapshotGone" })
  })
)

it.effect("[RL6] one read carries no more than a message holds", () =>
  Effect.gen(function* () {
    const { log, writer } = yield* pair(
      {},
      (call) => (service, payload) =>
        Effect.tap(call(service, payload), (answer) =>
          Effect.sync(() => {
            if (service !== (ReadEntries as unknown)) return
            const encoded = Schema.encodeUnknownSync(Schema.toCodecJson(ReadEntries.successSchema))
            assert.isBelow(JSON.stringify(encoded(answer)).length, 1024 * 1024)
          })
        )
    )
    for (let at = 0; at < 10; at += 1) {
      yield* writer.append(new Uint8Array(300_000).fill(at), { id: "large" })
    }
    const found = yield* read(log, 1, yield* barrier(log))
    assert.deepStrictEqual(
      found.map(({ data }) => data[0]),
      [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    )
  })
)

/** A follower and its writer, with `fault` between them. */
const pair = (limits: Limits | undefined, fault: (call: Caller) => Caller) =>
  Effect.gen(function* () {
    const { call, log: writer } = yield* serve(limits)
    return { log: yield* follow(fault(call)), writer }
  })

/** A writer, and a way to call its services. */
const serve = (
  limits: Limits = {},
  of = cluster
): Effect.Effect<{ log: ReplicatedLog["Service"]; call: Caller }, never, Scope.Scope> =>
  Effect.gen(function* () {
    const context = yield* Layer.build(
      LogServices.layer.pipe(
        Layer.provideMerge(SingleNodeLog.layer({ cluster: of, ...limits })),
        Layer.provide(SecureRandom.layerWebCrypto)
      )
    )
    const client = yield* Effect.provideContext(RpcTest.makeClient(LogServices), context)
    const call = (service: { readonly _tag: string }, payload: unknown) =>
      (client as any)[service._tag](payload)
    return { log: Context.get(context, ReplicatedLog), call }
  })

const follow = (call: Caller) =>
  Effect.map(
    Layer.build(FollowerLog.layer({ cluster }).pipe(Layer.provide(WriterLink.layer(call)))),
    (context) => Context.get(context, ReplicatedLog)
  )
