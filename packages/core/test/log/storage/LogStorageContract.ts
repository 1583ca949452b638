/** What holds for every storage of a log, wherever it keeps it. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { Corrupt, LogId, Unavailable } from "../../../src/log/ReplicatedLog.ts"
import {
  appending,
  batch,
  bytes,
  entry,
  foundedBy,
  hardState,
  metaOf,
  type Storage
} from "./batches.ts"

export const logId = LogId.make("the-log")

/** Opens an empty one. */
export type Open = () => Effect.Effect<Storage, unknown, Scope.Scope>

/** `length` bytes, in pieces that do not end where those of a file do. */
export const content = (length: number, seed = 1): Stream.Stream<Uint8Array> => {
  const all = contentBytes(length, seed)
  const pieces: Array<Uint8Array> = []
  for (let at = 0; at < length; at += 100_001) pieces.push(all.subarray(at, at + 100_001))
  return Stream.fromIterable(pieces)
}

export const contentBytes = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, at) => Math.imul(at + seed, 0x9e3779b1) >>> 24)

export const readAll = (storage: Storage, reference: string, offset?: number) =>
  Stream.runCollect(storage.snapshots.read(reference, offset)).pipe(
    Effect.map((pieces) => new Uint8Array(Buffer.concat(pieces)))
  )

/** An own snapshot of `length` bytes stands for the log up to `index`. */
export const takeSnapshot = Effect.fnUntraced(function* (
  storage: Storage,
  reference: string,
  index: number,
  voters: ReadonlyArray<string>
) {
  const stored = yield* storage.snapshots.write(reference, content(1000, index))
  yield* storage.compact(metaOf(stored, index, voters), index + 1)
})

export const storageContract = (name: string, open: Open) =>
  describe(name, () => {
    it.effect("[WA1] an empty one takes a log, and what follows", () =>
      Effect.gen(function* () {
        const storage = yield* open()
        assert.match(storage.incarnation, /^[0-9a-f]{16}$/)
        assert.isUndefined(storage.begun)
        assert.isFalse(storage.isFull())
        const me = `n1/${storage.incarnation}`
        yield* storage.begin(logId, foundedBy(me))
        yield* storage.write([appending(2, "a", "b"), appending(4, "c")])
        yield* storage.write([
          batch({ hardState: hardState(2, 3, me), truncateFrom: 4, entries: [entry(4, "d", 2)] })
        ])
        yield* storage.write([batch({ hardState: hardState(2, 4, me), mustSync: false })])
        yield* storage.write([])
        yield* takeSnapshot(storage, "s4", 4, [me])
      })
    )

    for (const length of [0, 1, 262_143, 262_144, 262_145, 700_000]) {
      it.effect(`[RL11] a snapshot of ${length} bytes reads back byte for byte`, () =>
        Effect.gen(function* () {
          const storage = yield* open()
          const stored = yield* storage.snapshots.write("s-1", content(length))
          assert.strictEqual(stored.bytes, length)
          const expected = contentBytes(length)
          for (const offset of [0, 1, 262_143, 262_144, 300_000, length]) {
            const found = yield* readAll(storage, "s-1", offset)
            assert.isTrue(Buffer.from(found).equals(expected.subarray(offset)), `from ${offset}`)
          }
        })
      )
    }

    it.effect("[RL11] a snapshot that is not what was expected is never visible", () =>
      Effect.gen(function* () {
        const storage = yield* open()
        const { digest } = yield* storage.snapshots.write("right", content(5000))
        const write = (length: number, seed: number) =>
          storage.snapshots.write("other", content(length, seed), { bytes: 5000, digest })
        assert.instanceOf(yield* Effect.flip(write(5000, 2)), Corrupt)
        assert.instanceOf(yield* Effect.flip(write(4999, 1)), Corrupt)
        assert.instanceOf(yield* Effect.flip(readAll(storage, "other")), Unavailable)
        yield* write(5000, 1)
        assert.strictEqual((yield* readAll(storage, "other")).length, 5000)
      })
    )

    it.effect("[RL11] a snapshot that ends early, or is interrupted, is never visible", () =>
      Effect.gen(function* () {
        const storage = yield* open()
        const broken = Stream.concat(content(300_000), Stream.fail("lost" as const))
        assert.strictEqual(yield* Effect.flip(storage.snapshots.write("s", broken)), "lost")
        const endless = Stream.concat(content(300_000), Stream.never)
        const fiber = yield* Effect.forkChild(storage.snapshots.write("s", endless))
        yield* Effect.yieldNow
        yield* Fiber.interrupt(fiber)
        assert.instanceOf(yield* Effect.flip(readAll(storage, "s")), Unavailable)
      })
    )

    it.effect("[WA12] the last two snapshots of the log stay", () =>
      Effect.gen(function* () {
        const storage = yield* open()
        const voters = [`n1/${storage.incarnation}`, "n2/x"]
        yield* storage.begin(logId, foundedBy(voters[0]!, "n2/x"))
        yield* storage.write([appending(2, "a", "b", "c", "d")])
        for (const index of [2, 3, 4]) yield* takeSnapshot(storage, `s${index}`, index, voters)
        yield* takeSnapshot(storage, "s4", 4, voters)
        assert.instanceOf(yield* Effect.flip(readAll(storage, "s2")), Unavailable)
        assert.isTrue(Buffer.from(yield* readAll(storage, "s3")).equals(contentBytes(1000, 3)))
        const received = yield* storage.snapshots.write("s9", content(1000, 9))
        yield* storage.write([
          batch({ hardState: hardState(1, 9), snapshot: metaOf(received, 9, voters) })
        ])
        assert.instanceOf(yield* Effect.flip(readAll(storage, "s3")), Unavailable)
        assert.isTrue(Buffer.from(yield* readAll(storage, "s4")).equals(contentBytes(1000, 4)))
        assert.isTrue(Buffer.from(yield* readAll(storage, "s9")).equals(contentBytes(1000, 9)))
      })
    )

    it.effect("[WA12] a snapshot that the log names is never replaced", () =>
      Effect.gen(function* () {
        const storage = yield* open()
        yield* storage.begin(logId, foundedBy("n1/a", "n2/b"))
        const first = yield* storage.snapshots.write("s1", content(1000, 1))
        yield* storage.compact(metaOf(first, 1, ["n1/a", "n2/b"]), 2)
        assert.deepStrictEqual(yield* storage.snapshots.write("s1", content(2000, 2)), first)
        assert.isTrue(Buffer.from(yield* readAll(storage, "s1")).equals(contentBytes(1000, 1)))
        const other = storage.snapshots.write("s1", content(2000, 2), { ...first, bytes: 2000 })
        assert.instanceOf(yield* Effect.flip(other), Corrupt)
      })
    )

    it.effect("[RL11] keeps a source's bytes as they were, whatever is done to the buffer", () =>
      Effect.gen(function* () {
        const storage = yield* open()
        const buffer = bytes("first")
        yield* storage.snapshots.write("s", Stream.make(buffer))
        buffer.fill(0)
        assert.deepStrictEqual(yield* readAll(storage, "s"), bytes("first"))
      })
    )
  })
