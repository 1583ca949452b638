/** The laws of a replicated log, for any engine. A test file runs them on each. */
import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import {
  Compacted,
  LogIndex,
  Unavailable,
  type LogEntry,
  type ReplicatedLog
} from "../../src/log/ReplicatedLog.ts"

type Log = ReplicatedLog["Service"]

/** The log under test, and the one where snapshots are written: the same, for a writer. */
export interface Subject {
  readonly log: Log
  readonly writer: Log
}

export interface Limits {
  readonly retainedMaxBytes?: number
}

/** Registers the laws for the engine that `open` starts. */
export const laws = (
  engine: string,
  open: (limits?: Limits) => Effect.Effect<Subject, never, Scope.Scope>
) =>
  describe(`laws of ${engine}`, () => {
    it.effect("[RL1] indices grow by one, and two readers see the same entries", () =>
      Effect.gen(function* () {
        const { log } = yield* open()
        for (const text of ["a", "b", "c"]) yield* append(log, text)
        const one = yield* read(log, 1, yield* barrier(log))
        const two = yield* read(log, 1, yield* barrier(log))
        assert.deepStrictEqual(one, two)
        assert.deepStrictEqual(
          one.map(({ index }) => index),
          one.map((_, at) => at + 1)
        )
      })
    )

    it.effect("[RL2] an acknowledged entry is in every later read that covers its place", () =>
      Effect.gen(function* () {
        const { log, writer } = yield* open()
        const index = yield* append(log, "kept")
        for (const reader of [log, writer]) {
          const [entry] = yield* read(reader, index, index)
          assert.strictEqual(text(entry!), "kept")
        }
      })
    )

    it.effect("[RL3] holds what was appended, unchanged, and no more copies than attempts", () =>
      Effect.gen(function* () {
        const { log } = yield* open()
        const buffer = bytes("first")
        let attempts = 0
        yield* Effect.suspend(() => {
          attempts += 1
          return log.append(buffer, { id: "id" })
        }).pipe(Effect.retry({ times: 20 }))
        buffer.fill(0)
        const found = yield* read(log, 1, yield* barrier(log))
        assert.isTrue(found.every((entry) => text(entry) === "first"))
        assert.isAtLeast(found.length, 1)
        assert.isAtMost(found.length, attempts)
      })
    )

    it.effect("[RL4] an append that began after another was answered comes after it", () =>
      Effect.gen(function* () {
        const { log } = yield* open()
        let before = 0
        for (let at = 0; at < 20; at += 1) {
          const index = yield* append(log, `entry ${at}`)
          assert.isAbove(index, before)
          before = index
        }
      })
    )

    it.effect("[RL5] a barrier reaches every answered append and every delivered entry", () =>
      Effect.gen(function* () {
        const { log, writer } = yield* open()
        const answered = yield* append(log, "a")
        assert.isAtLeast(yield* barrier(log), answered)
        const delivered = yield* append(writer, "b")
        yield* read(log, delivered, delivered)
        assert.isAtLeast(yield* barrier(log), delivered)
      })
    )

    it.effect("[RL6] entries begin where asked and wait at the end", () =>
      Effect.gen(function* () {
        const { log } = yield* open()
        for (const text of ["a", "b"]) yield* append(log, text)
        const from = LogIndex.make((yield* barrier(log)) + 1)
        const waiting = yield* Effect.forkChild(read(log, from, from), { startImmediately: true })
        const index = yield* append(log, "c")
        const [entry] = yield* Fiber.join(waiting)
        assert.strictEqual(entry!.index, from)
        assert.isAtMost(from, index)
      })
    )

    it.effect("[RL6] a reader that missed trimmed entries fails with Compacted", () =>
      Effect.gen(function* () {
        const { log, writer } = yield* open()
        for (const text of ["a", "b", "c"]) yield* append(writer, text)
        yield* writer.snapshots.write(LogIndex.make(2), Stream.make(bytes("state")))
        yield* writer.trim(LogIndex.make(2))
        const error = yield* Effect.flip(read(log, 1, 3))
        assert.instanceOf(error, Compacted)
        assert.strictEqual(error.first, 3)
        assert.strictEqual(error.snapshot.index, 2)
        const [entry] = yield* read(log, 3, 3)
        assert.strictEqual(text(entry!), "c")
      })
    )

    it.effect("[RL7] time never goes back, even when the clock does", () =>
      Effect.gen(function* () {
        const { log } = yield* open()
        yield* TestClock.setTime(100_000)
        yield* append(log, "later")
        yield* TestClock.setTime(1000)
        yield* append(log, "earlier")
        const times = (yield* read(log, 1, yield* barrier(log))).map(({ time }) => time)
        assert.isAtLeast(times[0]!, 100_000)
        assert.deepStrictEqual(
          times,
          times.toSorted((a, b) => a - b)
        )
      })
    )

    it.effect("[RL8] the same id may be appended again", () =>
      Effect.gen(function* () {
        const { log } = yield* open()
        const first = yield* append(log, "same")
        const second = yield* append(log, "same")
        assert.isAbove(second, first)
      })
    )

    it.effect("[RL9] a refused entry never appears", () =>
      Effect.gen(function* () {
        const { log } = yield* open({ retainedMaxBytes: 2048 })
        const error = yield* Effect.flip(log.append(new Uint8Array(1024 * 1024 + 1), { id: "1" }))
        assert.strictEqual(error._tag, "TooLarge")
        yield* append(log, "small")
        const full = yield* appended(log, new Uint8Array(2048)).pipe(Effect.flip)
        assert.strictEqual(full._tag, "Overloaded")
        const found = yield* read(log, 1, yield* barrier(log))
        assert.isTrue(found.every((entry) => text(entry) === "small"))
      })
    )

    it.effect("[RL10] trim stops at the latest complete snapshot", () =>
      Effect.gen(function* () {
        const { log, writer } = yield* open()
        for (const text of ["a", "b", "c"]) yield* append(writer, text)
        yield* writer.trim(LogIndex.make(3))
        assert.strictEqual((yield* read(log, 1, 3)).length, 3)
        yield* writer.snapshots.write(LogIndex.make(1), Stream.make(bytes("state")))
        yield* writer.trim(LogIndex.make(3))
        const error = yield* Effect.flip(read(log, 1, 3))
        assert.instanceOf(error, Compacted)
        assert.isAtLeast(error.snapshot.index, error.first - 1)
        assert.strictEqual((yield* read(log, 2, 3)).length, 2)
      })
    )

    it.effect("[RL11] a snapshot reads back byte for byte, and the latest never goes back", () =>
      Effect.gen(function* () {
        const { log, writer } = yield* open()
        for (const text of ["a", "b", "c"]) yield* append(writer, text)
        assert.isTrue(Option.isNone(yield* surely(log.snapshots.latest)))
        const pieces = Array.from({ length: 5 }, (_, at) => new Uint8Array(200_000).fill(at))
        yield* writer.snapshots.write(LogIndex.make(3), Stream.fromIterable(pieces))
        const older = yield* writer.snapshots.write(LogIndex.make(1), Stream.make(bytes("old")))
        assert.strictEqual(older.index, 3)
        const latest = Option.getOrThrow(yield* surely(log.snapshots.latest))
        assert.strictEqual(latest.index, 3)
        assert.strictEqual(latest.bytes, 1_000_000)
        const found = yield* Stream.mkUint8Array(log.snapshots.read(latest))
        assert.deepStrictEqual(found, new Uint8Array(pieces.flatMap((piece) => [...piece])))
      })
    )

    it.effect("[RL11] an interrupted snapshot is never visible", () =>
      Effect.gen(function* () {
        const { log, writer } = yield* open()
        yield* append(writer, "a")
        const begun = yield* Deferred.make<void>()
        const endless = Stream.concat(
          Stream.make(bytes("half")),
          Stream.fromEffectDrain(Effect.andThen(Deferred.succeed(begun, undefined), Effect.never))
        )
        const writing = yield* Effect.forkChild(writer.snapshots.write(LogIndex.make(1), endless))
        yield* Deferred.await(begun)
        yield* Fiber.interrupt(writing)
        assert.isTrue(Option.isNone(yield* surely(log.snapshots.latest)))
      })
    )

    it.effect("[RL13] a full log refuses at once, and takes entries again once it is trimmed", () =>
      Effect.gen(function* () {
        const { log, writer } = yield* open({ retainedMaxBytes: 8192 })
        // A reader that stands still holds nothing back.
        yield* Effect.forkChild(
          Stream.runForEach(log.entries(LogIndex.make(1)), () => Effect.never),
          { startImmediately: true }
        )
        const fill = appended(log, new Uint8Array(960)).pipe(Effect.repeat({ times: 20 }))
        const error = yield* Effect.flip(fill)
        assert.strictEqual(error._tag, "Overloaded")
        const all = yield* barrier(writer)
        assert.isAtMost(all, 8)
        yield* writer.snapshots.write(all, Stream.make(bytes("state")))
        yield* writer.trim(all)
        assert.isAbove(yield* append(log, "again"), all)
      })
    )

    it.effect("[RL14] an interrupted call leaves nothing behind", () =>
      Effect.gen(function* () {
        const { log } = yield* open()
        const start = Math.max(1, yield* barrier(log))
        const calls = Effect.all(
          [read(log, start, start + 100), log.append(bytes("half"), { id: "half" }), log.barrier],
          { concurrency: "unbounded" }
        )
        for (let at = 0; at < 50; at += 1) {
          const fiber = yield* Effect.forkChild(calls, { startImmediately: at % 2 === 0 })
          if (at % 3 === 0) yield* Effect.yieldNow
          yield* Fiber.interrupt(fiber)
        }
        const index = yield* append(log, "whole")
        const found = yield* read(log, 1, index)
        assert.isTrue(found.every((entry) => ["half", "whole"].includes(text(entry))))
      })
    )

    it.effect("[RL16] when the log closes, what waits ends with a typed error", () =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const { log } = yield* Scope.provide(open(), scope)
        yield* append(log, "a")
        const waiting = yield* Effect.forkChild(Effect.flip(read(log, 1, 100)), {
          startImmediately: true
        })
        yield* Effect.yieldNow
        yield* Scope.close(scope, Exit.void)
        const stopping = new Unavailable({ reason: "Stopping" })
        assert.deepStrictEqual(yield* Fiber.join(waiting), stopping)
        assert.deepStrictEqual(yield* Effect.flip(log.barrier), stopping)
        const error = yield* Effect.flip(log.append(bytes("b"), { id: "b" }))
        assert.include(["Unavailable", "Ambiguous"], error._tag)
      })
    )
  })

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (entry: LogEntry): string => new TextDecoder().decode(entry.data)

/** Repeats what may be repeated, so that a law holds over a link that fails as well. */
const surely = <A, E extends { readonly _tag: string }, R>(self: Effect.Effect<A, E, R>) =>
  Effect.retry(self, {
    times: 20,
    while: ({ _tag }) => _tag === "Unavailable" || _tag === "Ambiguous"
  })

const appended = (log: Log, data: Uint8Array) => surely(log.append(data, { id: "id" }))
export const append = (log: Log, text: string) => appended(log, bytes(text))
export const barrier = (log: Log) => surely(log.barrier)

/** The entries from `from` up to `to`. */
export const read = (log: Log, from: number, to: number) =>
  Stream.runCollect(Stream.take(log.entries(LogIndex.make(from)), to - from + 1))
