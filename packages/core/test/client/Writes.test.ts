import { assert, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Scope from "effect/Scope"
import { Unavailable } from "../../src/log/ReplicatedLog.ts"
import { type CallError, UnknownOutcome } from "../../src/client/CallError.ts"
import type { Ask } from "../../src/client/internal/documents.ts"
import * as Writes from "../../src/client/internal/writes.ts"
import { DeadlineExceeded, Overloaded } from "../../src/service/Refusal.ts"

type Answer = Effect.Effect<
  { readonly value: ReadonlyArray<unknown>; readonly doubt: CallError | undefined },
  CallError
>

/** What `writes` makes of requests, each answered by `answer`, and what it sent: sizes and time left. */
const sending = Effect.fnUntraced(function* (
  answer: (commands: ReadonlyArray<Uint8Array>) => Answer
) {
  const sent: Array<{ readonly count: number; readonly timeout: unknown }> = []
  const ask = ((_service: unknown, { commands }: never, { timeout }: never) =>
    Effect.suspend(() => {
      sent.push({ count: (commands as ReadonlyArray<Uint8Array>).length, timeout })
      return answer(commands)
    })) as unknown as Ask
  return { sent, write: yield* Writes.make(ask) }
})

const written = (id: string) => ({ _tag: "Written", version: 1, matched: 1, modified: 1, id })
const answered: (commands: ReadonlyArray<Uint8Array>) => Answer = (commands) =>
  Effect.succeed({
    value: commands.map((command) => written(String(command[0]))),
    doubt: undefined
  })
const command = (number: number, bytes = 10) => new Uint8Array(bytes).fill(number)
const together = { concurrency: "unbounded" } as const

it.effect("[DB24] writes of one turn travel together, each with its own answer", () =>
  Effect.gen(function* () {
    const { sent, write } = yield* sending(answered)
    const ids = yield* Effect.forEach(
      [1, 2, 3],
      (number) => Effect.map(write(`k${number}`, command(number), 10_000), ({ id }) => id),
      together
    )
    assert.deepStrictEqual(ids, ["1", "2", "3"])
    assert.deepStrictEqual(sent, [{ count: 3, timeout: 10_000 }])
    yield* write("k4", command(4), 10_000)
    assert.strictEqual(sent.length, 2)
  }).pipe(Effect.scoped)
)

it.effect("[DB24] what is large, or has another deadline, goes by itself", () =>
  Effect.gen(function* () {
    const { sent, write } = yield* sending(answered)
    const writes = [
      write("a", command(1, 50_000), 10_000),
      write("b", command(2, 50_000), 10_000),
      write("c", command(3), 9950),
      write("d", command(4), 500),
      write("e", command(5, 800_000), 500),
      write("f", command(6), 90),
      write("g", command(7), -5)
    ]
    yield* Effect.all(writes, together)
    assert.deepStrictEqual(sent, [
      { count: 1, timeout: 10_000 },
      { count: 2, timeout: 9950 },
      { count: 1, timeout: 500 },
      { count: 1, timeout: 500 },
      { count: 1, timeout: 90 },
      { count: 1, timeout: -5 }
    ])
  }).pipe(Effect.scoped)
)

it.effect("[DB24] one that is refused or given up changes nothing for the others", () =>
  Effect.gen(function* () {
    const gate = yield* Deferred.make<void>()
    const { sent, write } = yield* sending((commands) =>
      Effect.as(Deferred.await(gate), {
        value: commands.map((command) =>
          command[0] === 2 ? new Overloaded({ retryAfterMs: 1, reason: "log" }) : written("x")
        ),
        doubt: undefined
      })
    )
    const fibers = yield* Effect.forEach([1, 2, 3], (number) =>
      Effect.forkChild(write(`k${number}`, command(number), 1000), { startImmediately: true })
    )
    const early = yield* Effect.forkChild(write("k4", command(4), 1000), { startImmediately: true })
    yield* Fiber.interrupt(early)
    yield* Effect.repeat(Effect.yieldNow, { until: () => sent.length > 0 })
    yield* Fiber.interrupt(fibers[2]!)
    yield* Deferred.succeed(gate, undefined)
    assert.strictEqual((yield* Fiber.join(fibers[0]!))._tag, "Written")
    assert.strictEqual((yield* Effect.flip(Fiber.join(fibers[1]!)))._tag, "Overloaded")
    // Who gave up before the turn was over was never sent.
    assert.deepStrictEqual(sent, [{ count: 3, timeout: 1000 }])
  }).pipe(Effect.scoped)
)

it.effect("[DB24] [CL15] a request in doubt says for each write how to ask again", () =>
  Effect.gen(function* () {
    const lost = new UnknownOutcome({ service: "ExecuteAll", node: "a", idempotencyKey: "call" })
    const late = new DeadlineExceeded({ service: "ExecuteAll", started: true })
    for (const error of [lost, late]) {
      const { write } = yield* sending(() => Effect.fail(error))
      const errors = yield* Effect.forEach(
        ["k1", "k2"],
        (key) => Effect.flip(write(key, command(1), 1000)),
        together
      )
      assert.deepStrictEqual(
        errors.map((failure) => ({ ...failure })),
        ["k1", "k2"].map((idempotencyKey) => ({ ...error, idempotencyKey }))
      )
    }
  }).pipe(Effect.scoped)
)

it.effect("[DB24] [CL15] a write that is refused after an attempt in doubt is in doubt", () =>
  Effect.gen(function* () {
    const doubt = new UnknownOutcome({ service: "ExecuteAll", node: "a", idempotencyKey: "call" })
    const { write } = yield* sending(() =>
      Effect.succeed({ value: [new Unavailable({ reason: "NoLeader" })], doubt })
    )
    const error = yield* Effect.flip(write("k1", command(1), 1000))
    assert.deepInclude(error, { _tag: "UnknownOutcome", idempotencyKey: "k1" })
  }).pipe(Effect.scoped)
)

it.effect("[DB24] nobody waits for a client that has ended, or a request that broke", () =>
  Effect.gen(function* () {
    const scope = yield* Scope.make()
    const { sent, write } = yield* Scope.provide(
      sending(() => Effect.never),
      scope
    )
    const under = yield* Effect.forkChild(Effect.flip(write("k1", command(1), 1000)), {
      startImmediately: true
    })
    yield* Effect.repeat(Effect.yieldNow, { until: () => sent.length > 0 })
    const begun = yield* Effect.forkChild(Effect.flip(write("k2", command(1), 1000)), {
      startImmediately: true
    })
    yield* Scope.close(scope, Exit.void)
    assert.deepInclude(yield* Fiber.join(under), { _tag: "UnknownOutcome", idempotencyKey: "k1" })
    assert.strictEqual((yield* Fiber.join(begun))._tag, "CloudUnreachable")
    const late = yield* Effect.flip(write("k3", command(1), 1000))
    assert.strictEqual(late._tag, "CloudUnreachable")

    const broken = yield* sending(() => Effect.die("broken"))
    const exit = yield* Effect.exit(broken.write("k4", command(1), 1000))
    assert.isTrue(Exit.hasDies(exit))
    const short = yield* sending(() => Effect.succeed({ value: [], doubt: undefined }))
    const missing = yield* Effect.flip(short.write("k5", command(1), 1000))
    assert.deepInclude(missing, { _tag: "UnknownOutcome", idempotencyKey: "k5" })
  }).pipe(Effect.scoped)
)

it.effect("[DB24] nobody waits for a client that ended in the turn in which it was to send", () =>
  Effect.gen(function* () {
    // In one of these turns the request has been made up, and has not begun.
    for (let turns = 0; turns < 6; turns += 1) {
      const scope = yield* Scope.make()
      const { write } = yield* Scope.provide(
        sending(() => Effect.never),
        scope
      )
      const fiber = yield* Effect.forkChild(Effect.flip(write("k1", command(1), 1000)), {
        startImmediately: true
      })
      yield* Effect.repeat(Effect.yieldNow, { times: turns })
      yield* Scope.close(scope, Exit.void)
      yield* Effect.repeat(Effect.yieldNow, { times: 10 })
      assert.isDefined(fiber.pollUnsafe(), `after ${turns} turns`)
    }
  })
)

it.effect("[DB24] [CL13] a request ends once all of its writes are given up, and not before", () =>
  Effect.gen(function* () {
    let ended = 0
    const { sent, write } = yield* sending(() =>
      Effect.onInterrupt(Effect.never, () => Effect.sync(() => void (ended += 1)))
    )
    const [first, second] = yield* Effect.forEach(["k1", "k2"], (key) =>
      Effect.forkChild(write(key, command(1), 1000), { startImmediately: true })
    )
    yield* Effect.repeat(Effect.yieldNow, { until: () => sent.length > 0 })
    yield* Fiber.interrupt(first!)
    assert.strictEqual(ended, 0)
    yield* Fiber.interrupt(second!)
    assert.strictEqual(ended, 1)
  }).pipe(Effect.scoped)
)
