import { assert, it } from "@effect/vitest"
import { emptyConfiguration } from "@distri/raft/membership/Configuration"
import type { Snap } from "@distri/raft/Message"
import { joining } from "@distri/raft/Restored"
import { sha256 } from "@noble/hashes/sha2.js"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Halt } from "../../../../src/Halt.ts"
import * as Intake from "../../../../src/log/raft/internal/intake.ts"
import { Unavailable } from "../../../../src/log/ReplicatedLog.ts"
import * as MemoryStorage from "../../../../src/log/storage/MemoryStorage.ts"
import { StorageFailed } from "../../../../src/log/storage/LogStorage.ts"

it.effect("[LM15] the core gets the offer when all bytes are here, and not before", () =>
  Effect.gen(function* () {
    const { complete, hasSnapshot, pieces } = yield* make
    assert.isFalse(hasSnapshot(offer("1-a")))
    yield* Queue.offer(pieces, Exit.succeed(bytes.subarray(0, 2)))
    yield* settle
    assert.deepStrictEqual(complete, [])
    yield* Queue.offer(pieces, Exit.succeed(bytes.subarray(2)))
    yield* settle
    assert.deepStrictEqual(complete, ["1-a"])
    // The leader does not know yet, and offers it again.
    assert.isTrue(hasSnapshot(offer("1-a")))
  }).pipe(provided)
)

it.effect(
  "[LM15] one is fetched at a time; what is offered meanwhile has to be offered again",
  () =>
    Effect.gen(function* () {
      const { complete, fetched, hasSnapshot, pieces } = yield* make
      for (const reference of ["1-a", "2-a", "1-a"]) assert.isFalse(hasSnapshot(offer(reference)))
      yield* Queue.offer(pieces, Exit.succeed(bytes))
      yield* settle
      assert.deepStrictEqual([fetched, complete], [["1-a"], ["1-a"]])
      assert.isFalse(hasSnapshot(offer("2-a")))
      yield* Queue.offer(pieces, Exit.succeed(bytes))
      yield* settle
      assert.deepStrictEqual(complete, ["1-a", "2-a"])
    }).pipe(provided)
)

it.effect("[LM15] an offer of a later term takes the place of a fetch from a leader before", () =>
  Effect.gen(function* () {
    const { complete, fetched, hasSnapshot, pieces } = yield* make
    // Nothing comes of the first one: its leader stands still.
    assert.isFalse(hasSnapshot(offer("1-a", 1)))
    yield* settle
    yield* TestClock.adjust("900 millis")
    assert.isFalse(hasSnapshot(offer("1-b", 2)))
    yield* settle
    assert.deepStrictEqual(fetched, ["1-a"])
    yield* TestClock.adjust("100 millis")
    assert.isFalse(hasSnapshot(offer("1-b", 2)))
    yield* settle
    // It was thought dead, and goes on where it stopped.
    assert.isFalse(hasSnapshot(offer("1-a", 1)))
    yield* Queue.offer(pieces, Exit.succeed(bytes))
    yield* settle
    assert.deepStrictEqual([fetched, complete], [["1-a", "1-b"], ["1-b"]])
  }).pipe(provided)
)

it.effect("[LM15] a fetch that goes on is not begun anew for another leader", () =>
  Effect.gen(function* () {
    const { complete, fetched, hasSnapshot, pieces } = yield* make
    assert.isFalse(hasSnapshot(offer("1-a", 1)))
    for (let at = 0; at < bytes.length; at += 1) {
      yield* settle
      yield* TestClock.adjust("900 millis")
      assert.isFalse(hasSnapshot(offer("1-b", 2)))
      yield* Queue.offer(pieces, Exit.succeed(bytes.subarray(at, at + 1)))
    }
    yield* settle
    assert.deepStrictEqual([fetched, complete], [["1-a"], ["1-a"]])
  }).pipe(provided)
)

it.effect("[LM15] bytes that are others, or do not come, are never handed over", () =>
  Effect.gen(function* () {
    const { complete, fetched, hasSnapshot, pieces } = yield* make
    for (const last of [
      Exit.succeed(new Uint8Array(bytes.length)),
      Exit.fail(new Unavailable({ reason: "NoLeader" }))
    ]) {
      assert.isFalse(hasSnapshot(offer("1-a")))
      yield* Queue.offer(pieces, last)
      yield* settle
    }
    assert.deepStrictEqual([fetched, complete], [["1-a", "1-a"], []])
  }).pipe(provided)
)

it.effect("the empty snapshot of a new cloud has no bytes to fetch", () =>
  Effect.gen(function* () {
    const { hasSnapshot } = yield* make
    assert.isTrue(hasSnapshot(offer("")))
  }).pipe(provided)
)

it.effect("[WA7] a disk that fails ends the node", () =>
  Effect.gen(function* () {
    const failed = new StorageFailed({ what: "a test", cause: "" })
    const { halt, hasSnapshot } = yield* makeWith((storage) => ({
      ...storage,
      snapshots: { ...storage.snapshots, write: () => Effect.fail(failed) }
    }))
    assert.isFalse(hasSnapshot(offer("1-a")))
    yield* settle
    assert.isTrue(Exit.isFailure(yield* Effect.exit(halt.stopped)))
  }).pipe(provided)
)

type Storage = Effect.Success<ReturnType<typeof MemoryStorage.make>>

const provided = <A, E, R>(self: Effect.Effect<A, E, R>) =>
  self.pipe(Effect.provide(Halt.layer), Effect.provide(SecureRandom.layerWebCrypto))

const settle = Effect.repeat(Effect.yieldNow, { times: 50 })

/** An intake whose pieces the test supplies: until there are as many bytes as there should be. */
const makeWith = Effect.fnUntraced(function* (change: (storage: Storage) => Storage) {
  const halt = yield* Halt
  const complete: Array<string> = []
  const fetched: Array<string> = []
  const pieces = yield* Queue.unbounded<Exit.Exit<Uint8Array, Unavailable>>()
  const hasSnapshot = yield* Intake.make({
    storage: change(yield* MemoryStorage.make()),
    restored: joining.snapshot,
    halt,
    fetch: ({ snapshot }) => {
      fetched.push(snapshot.reference)
      return Stream.paginate(0, (at) =>
        Effect.map(Effect.flatten(Queue.take(pieces)), (piece) => {
          const next = at + piece.length
          return [[piece], next < bytes.length ? Option.some(next) : Option.none()] as const
        })
      )
    },
    onComplete: ({ snapshot }) => complete.push(snapshot.reference)
  })
  return { complete, fetched, halt, hasSnapshot, pieces }
})

const make = makeWith((storage) => storage)

const bytes = Uint8Array.of(1, 2, 3, 4)
const digest = Array.from(sha256(bytes), (byte) => byte.toString(16).padStart(2, "0")).join("")

const offer = (reference: string, term = 1): Snap => ({
  _tag: "Snap",
  from: "a/1",
  to: "b/1",
  term,
  snapshot: {
    index: 1,
    term: 1,
    time: 0,
    configuration: emptyConfiguration,
    reference,
    bytes: bytes.length,
    digest
  }
})
