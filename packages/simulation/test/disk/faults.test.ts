import { Disk } from "@distri/core/log/storage/Disk"
import * as DiskStorage from "@distri/core/log/storage/DiskStorage"
import { StorageFailed } from "@distri/core/log/storage/LogStorage"
import { Unavailable } from "@distri/core/log/ReplicatedLog"
import { assert, it } from "@effect/vitest"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { TestClock } from "effect/testing"
import { appending, batch, foundedBy, hardState } from "../../../core/test/log/storage/batches.ts"
import { content, logId, takeSnapshot } from "../../../core/test/log/storage/LogStorageContract.ts"
import type { DiskHooks } from "../../src/disk/DiskHooks.ts"
import { DiskImage } from "../../src/disk/DiskImage.ts"
import * as SimDisk from "../../src/disk/SimDisk.ts"
import { Random } from "../../src/random/Random.ts"

const open = (image: DiskImage, hooks: DiskHooks = {}) =>
  DiskStorage.make({
    directory: "/log",
    node: "n1",
    cluster: "cloud",
    segmentBytes: 32 * 1024
  }).pipe(
    Effect.provideService(Disk, SimDisk.make(image, hooks)),
    Effect.provide(SecureRandom.layerWebCrypto)
  )

/** A log of three nodes, on a disk of its own. */
const begun = Effect.fnUntraced(function* (image: DiskImage, hooks: DiskHooks = {}) {
  const storage = yield* open(image, hooks)
  yield* storage.begin(logId, foundedBy(`n1/${storage.incarnation}`, "n2/x", "n3/y"))
  return storage
})

it.effect("[WA13] a full disk is told while there is room for a segment, and nothing stops", () =>
  Effect.gen(function* () {
    const image = new DiskImage()
    const storage = yield* begun(image)
    yield* settle
    image.capacityBytes = image.usedBytes + 3000
    let index = 1
    while (!storage.isFull()) {
      index += 1
      yield* storage.write([appending(index, "x".repeat(3000))])
      yield* settle
      assert.isBelow(index, 12)
    }
    const refused = yield* Effect.flip(storage.snapshots.write("s", content(5000)))
    assert.deepStrictEqual(refused, new Unavailable({ reason: "StorageFull" }))
    assert.include(refused.message, "make room on the disk")
    // What is under way has room, and so have terms and votes.
    yield* storage.write([batch({ hardState: hardState(5, index) })])
    yield* storage.write([batch({ hardState: hardState(6, index) })])
    image.capacityBytes = Number.POSITIVE_INFINITY
    yield* TestClock.adjust(5000)
    assert.isFalse(storage.isFull())
  })
)

it.effect("[WA13] a write that needs a segment waits until there is room, and loses nothing", () =>
  Effect.gen(function* () {
    const image = new DiskImage()
    const storage = yield* begun(image)
    yield* settle
    image.capacityBytes = image.usedBytes
    const writing = yield* Effect.forkChild(
      Effect.forEach(
        Array.from({ length: 14 }, (_, at) => at + 2),
        (index) => storage.write([appending(index, "x".repeat(3000))])
      )
    )
    yield* TestClock.adjust(60_000)
    assert.isUndefined(writing.pollUnsafe())
    image.capacityBytes = Number.POSITIVE_INFINITY
    yield* TestClock.adjust(5000)
    assert.isTrue(Exit.isSuccess(writing.pollUnsafe()!))
    image.crash(new Random(1, "crash"))
    const { begun: found } = yield* open(image)
    assert.strictEqual(found?.restored.entries.length, 14)
  })
)

it.effect("[WA13] a node whose disk is full starts again, in the room of its reserve", () =>
  Effect.gen(function* () {
    const image = new DiskImage()
    const storage = yield* begun(image)
    yield* storage.write([appending(2, "a")])
    yield* settle
    image.capacityBytes = image.usedBytes
    image.crash(new Random(1, "crash"))
    const again = yield* open(image)
    assert.strictEqual(again.begun?.restored.entries.length, 1)
    yield* settle
    yield* again.write([appending(3, "b")])
  })
)

for (const operation of ["sync", "writeAt"] as const) {
  it.effect(`[WA7] after a ${operation} that failed nothing is tried any more`, () =>
    Effect.gen(function* () {
      const image = new DiskImage()
      let isFailing = false
      let asked = 0
      const storage = yield* begun(image, {
        fault: (asking, path) => {
          if (path.endsWith(".wal")) asked += 1
          const fails = isFailing && asking === operation && path.endsWith(".wal")
          if (fails) isFailing = false
          return fails ? "Io" : undefined
        }
      })
      yield* storage.write([appending(2, "a")])
      isFailing = true
      const failed = yield* Effect.flip(storage.write([appending(3, "b")]))
      assert.instanceOf(failed, StorageFailed)
      const before = asked
      for (const again of [storage.write([appending(3, "b")]), takeSnapshot(storage, "s", 2, [])]) {
        assert.deepStrictEqual(yield* Effect.flip(again), failed)
      }
      assert.strictEqual(asked, before)
      image.endProcesses()
      const { begun: found } = yield* open(image)
      assert.include([1, 2], found?.restored.entries.length)
    })
  )
}

it.effect("[WA9] [WA6] a crash while a folder is set aside never empties a log that voted", () =>
  Effect.gen(function* () {
    const ends = new Set<string>()
    for (let at = 1; ends.size < 3 || at < 60; at++) {
      assert.isBelow(at, 200)
      const image = new DiskImage()
      const first = yield* Effect.scoped(
        Effect.gen(function* () {
          const storage = yield* begun(image)
          yield* takeSnapshot(storage, "s1", 1, ["n2/x"])
          yield* storage.write([appending(2, "a")])
          return storage
        })
      )
      image.file("/log/0000000000000001.wal")!.flipBit(8 * 4100)
      yield* crashAt(image, at)
      const { begun: found, incarnation } = yield* open(image)
      assert.isUndefined(found)
      assert.notStrictEqual(incarnation, first.incarnation, `operation ${at}`)
      const kept = image.paths.filter((path) => path.includes("/damaged-"))
      assert.includeMembers(
        kept.map((path) => path.slice(path.lastIndexOf("/") + 1)),
        ["0000000000000001.wal", "snapshot-s1.snap", "identity"]
      )
      ends.add(kept.join())
    }
  })
)

/** Opens the folder, and lets the machine crash at this operation of its disk. */
const crashAt = Effect.fnUntraced(function* (image: DiskImage, at: number) {
  const ended = yield* Deferred.make<void>()
  let left = at
  const delay = () =>
    Effect.suspend(() => {
      left -= 1
      if (left !== 0) return Effect.void
      image.crash(new Random(at, "crash"))
      return Effect.andThen(Deferred.succeed(ended, undefined), Effect.never)
    })
  yield* Effect.forkDetach(
    Effect.ensuring(Effect.scoped(open(image, { delay })), Deferred.succeed(ended, undefined))
  )
  yield* Deferred.await(ended)
  image.endProcesses()
})

/** Lets the fibers in the background do what they can. */
const settle = TestClock.adjust(1)
