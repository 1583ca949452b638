import { assert, it } from "@effect/vitest"
import { emptyConfiguration } from "@distri/raft/membership/Configuration"
import type { Message } from "@distri/raft/Message"
import type { Batch } from "@distri/raft/Output"
import type { SnapshotMeta } from "@distri/raft/SnapshotMeta"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { DiskQueue, type Durable } from "../../../../src/log/raft/internal/diskQueue.ts"
import { LogStorage, StorageFailed } from "../../../../src/log/storage/LogStorage.ts"

it.effect("[RA11] what a batch promises leaves only after it is written", () =>
  Effect.gen(function* () {
    const { durable, finishWrite, queue, written } = yield* makeQueue
    queue.add(batch(1))
    yield* settle
    assert.deepStrictEqual(written, ["write 1"])
    assert.deepStrictEqual(durable, [])
    assert.isFalse(queue.isIdle)
    yield* finishWrite
    assert.deepStrictEqual(
      durable.map((one) => [one.batch, one.messages.map(({ to }) => to)]),
      [[1, ["peer-1/1"]]]
    )
    assert.isTrue(queue.isIdle)
  })
)

it.effect("what comes during a write goes into the next one together, in order", () =>
  Effect.gen(function* () {
    const { durable, finishWrite, queue, written } = yield* makeQueue
    for (const at of [1, 2, 3]) {
      queue.add(batch(at))
      yield* settle
    }
    yield* finishWrite
    yield* finishWrite
    assert.deepStrictEqual(written, ["write 1", "write 2 3"])
    assert.deepStrictEqual(
      durable.map((one) => one.messages.map(({ to }) => to)),
      [["peer-1/1"], ["peer-2/1", "peer-3/1"]]
    )
  })
)

it.effect("a commit index alone is not written, and its messages leave in their turn", () =>
  Effect.gen(function* () {
    const { durable, finishWrite, queue, written } = yield* makeQueue
    queue.add(batch(1))
    yield* settle
    queue.add({ ...batch(2), mustSync: false })
    yield* settle
    assert.deepStrictEqual(durable, [])
    yield* finishWrite
    assert.deepStrictEqual(written, ["write 1"])
    assert.deepStrictEqual(
      durable.map((one) => one.batch),
      [1, 2]
    )
  })
)

it.effect("[WA11] a snapshot of this node never comes behind a newer one of the leader", () =>
  Effect.gen(function* () {
    const { durable, finishWrite, queue, written } = yield* makeQueue
    queue.add(batch(1))
    yield* settle
    // Taken while the disk was busy, and overtaken by one that the leader sent.
    const own = yield* Effect.forkChild(queue.compact(snapshot(900), 800), {
      startImmediately: true
    })
    queue.add({ ...batch(2), snapshot: snapshot(1000) })
    const old = yield* Effect.forkChild(queue.compact(snapshot(950), 900), {
      startImmediately: true
    })
    yield* finishWrite
    yield* finishWrite
    assert.deepStrictEqual(written, ["write 1", "compact 900", "write 2"])
    assert.isTrue(yield* Fiber.join(own))
    assert.isFalse(yield* Fiber.join(old))
    assert.strictEqual(durable[1]!.snapshot?.index, 1000)
  })
)

it.effect("[WA11] a snapshot comes behind the entries that are in it", () =>
  Effect.gen(function* () {
    const { finishWrite, queue, written } = yield* makeQueue
    queue.add(batch(1))
    yield* settle
    queue.add(batch(2))
    const own = yield* Effect.forkChild(queue.compact(snapshot(900), 800), {
      startImmediately: true
    })
    yield* finishWrite
    yield* finishWrite
    yield* Fiber.join(own)
    assert.deepStrictEqual(written, ["write 1", "write 2", "compact 900"])
  })
)

it.effect("[WA7] when a write fails nothing is said to be durable, and the queue ends", () =>
  Effect.gen(function* () {
    const { durable, failWrite, fiber, queue } = yield* makeQueue
    queue.add(batch(1))
    yield* settle
    yield* failWrite
    assert.instanceOf(yield* Effect.flip(Fiber.join(fiber)), StorageFailed)
    assert.deepStrictEqual(durable, [])
  })
)

it.effect("[LM21] a disk is slow when writes were slow again and again, or one does not end", () =>
  Effect.gen(function* () {
    const { finishWrite, passes, queue } = yield* makeQueue
    queue.add(batch(1))
    yield* settle
    passes(3000)
    assert.isFalse(queue.isSlow)
    passes(1)
    assert.isTrue(queue.isSlow)
    yield* finishWrite
    // Once is an accident.
    assert.isFalse(queue.isSlow)
    for (const at of [2, 3]) {
      queue.add(batch(at))
      yield* settle
      passes(1001)
      yield* finishWrite
    }
    assert.isTrue(queue.isSlow)
    passes(60_000)
    assert.isFalse(queue.isSlow)
  })
)

const settle = Effect.repeat(Effect.yieldNow, { times: 10 })

/** A queue on a disk where each write ends when the test says so. */
const makeQueue = Effect.gen(function* () {
  const written: Array<string> = []
  const durable: Array<Durable> = []
  let writing = yield* Deferred.make<void, StorageFailed>()
  const storage = LogStorage.of({
    durability: "disk",
    incarnation: "1",
    begun: undefined,
    begin: () => Effect.die("not used"),
    write: (batches) =>
      Effect.suspend(() => {
        written.push(`write ${batches.map(({ batch }) => batch).join(" ")}`)
        writing = Deferred.makeUnsafe()
        return Deferred.await(writing)
      }),
    compact: ({ index }) => Effect.sync(() => void written.push(`compact ${index}`)),
    isFull: () => false,
    snapshots: { write: () => Effect.die("not used"), read: () => Effect.die("not used") as never }
  })
  let now = 0
  const clock = { nowMs: () => now, slowAfterMs: 1000 }
  const queue = new DiskQueue(storage, (one) => durable.push(one), {}, clock)
  const fiber = yield* Effect.forkScoped(queue.run)
  const end = (how: (writing: Deferred.Deferred<void, StorageFailed>) => Effect.Effect<boolean>) =>
    Effect.andThen(
      Effect.suspend(() => how(writing)),
      settle
    )
  return {
    durable,
    fiber,
    passes: (ms: number) => void (now += ms),
    queue,
    written,
    finishWrite: end((one) => Deferred.succeed(one, undefined)),
    failWrite: end((one) => Deferred.fail(one, new StorageFailed({ what: "a test", cause: "" })))
  }
})

const batch = (at: number): Batch => ({
  batch: at,
  hardState: { term: 1, vote: undefined, commit: 0 },
  truncateFrom: undefined,
  entries: [],
  snapshot: undefined,
  mustSync: true,
  afterPersist: [heartbeat(`peer-${at}/1`)]
})

const heartbeat = (to: string): Message => ({
  _tag: "Heartbeat",
  from: "a/1",
  to,
  term: 1,
  commit: 0,
  read: 0
})

const snapshot = (index: number): SnapshotMeta => ({
  index,
  term: 1,
  time: 0,
  configuration: emptyConfiguration,
  reference: `${index}-a`,
  bytes: 0,
  digest: ""
})
