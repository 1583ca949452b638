import { Disk } from "@distri/core/log/storage/Disk"
import * as DiskStorage from "@distri/core/log/storage/DiskStorage"
import { LogDamaged } from "@distri/core/log/storage/StorageRefusal"
import { assert, it } from "@effect/vitest"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import {
  appending,
  batch,
  entry,
  foundedBy,
  hardState,
  metaOf
} from "../../../core/test/log/storage/batches.ts"
import { content, logId, readAll } from "../../../core/test/log/storage/LogStorageContract.ts"
import { DiskImage } from "../../src/disk/DiskImage.ts"
import * as SimDisk from "../../src/disk/SimDisk.ts"
import { Random } from "../../src/random/Random.ts"

type Breaks = DiskStorage.Options["breaks"]

const open = (image: DiskImage, breaks: Breaks = {}) =>
  DiskStorage.make({
    directory: "/log",
    node: "n1",
    cluster: "cloud",
    segmentBytes: 32 * 1024,
    breaks
  }).pipe(
    Effect.provideService(Disk, SimDisk.make(image)),
    Effect.provide(SecureRandom.layerWebCrypto)
  )

/** Two segments, a snapshot, and what they hold. */
const written = Effect.fnUntraced(function* (...others: ReadonlyArray<string>) {
  const image = new DiskImage()
  yield* Effect.scoped(
    Effect.gen(function* () {
      const storage = yield* open(image)
      const voters = [`n1/${storage.incarnation}`, ...others]
      yield* storage.begin(logId, foundedBy(voters[0]!, ...others))
      yield* storage.write([appending(2, data(2)), appending(3, data(3))])
      const stored = yield* storage.snapshots.write("s3", content(700, 3))
      yield* storage.compact(metaOf(stored, 3, voters), 3)
      for (let index = 4; index <= 8; index++) yield* storage.write([appending(index, data(index))])
    })
  )
  const { begun, incarnation } = yield* Effect.scoped(open(image.copy()))
  assert.strictEqual(begun?.restored.entries.length, 6)
  return { image, restored: begun!.restored, incarnation }
})

const data = (index: number) => String.fromCharCode(96 + index).repeat(index % 2 ? 4500 : 300)

const segments = ["/log/0000000000000001.wal", "/log/0000000000000006.wal"] as const

/** What becomes of the storage when one bit of one file turns over. */
const flipped = Effect.fnUntraced(function* (
  seed: number,
  breaks: Breaks,
  alone: boolean,
  { image: before, restored, incarnation }: Effect.Success<ReturnType<typeof written>>
) {
  const random = new Random(seed, "rot")
  const image = before.copy()
  const path = random.pick(image.paths.filter((name) => !name.endsWith(".part")))
  const file = image.file(path)!
  const bit = random.below(8 * (random.chance(0.5) ? Math.min(file.size, 9000) : file.size))
  file.flipBit(bit)
  const what = `SEED=${seed}: bit ${bit} of ${path}`
  return yield* Effect.gen(function* () {
    const storage = yield* open(image, breaks)
    if (storage.begun === undefined) {
      assert.notStrictEqual(storage.incarnation, incarnation, what)
      assert.isFalse(alone, what)
      return "anew" as const
    }
    assert.deepStrictEqual(storage.begun.restored, restored, what)
    assert.strictEqual((yield* readAll(storage, "s3")).length, 700)
    return "same" as const
  }).pipe(
    Effect.scoped,
    Effect.catchTag("LogDamaged", (refused: LogDamaged) => {
      assert.isTrue(alone, what)
      assert.isTrue(path.endsWith(refused.file.slice(4)), `${what}: ${refused.message}`)
      return Effect.succeed("refused" as const)
    })
  )
})

const outcomes = Effect.fnUntraced(function* (seeds: number, breaks: Breaks = {}) {
  const counts = { same: 0, anew: 0, refused: 0 }
  const single = yield* written()
  const member = yield* written("n2/y")
  for (let seed = 1; seed <= seeds; seed += 2) {
    counts[yield* flipped(seed, breaks, false, member)] += 1
    counts[yield* flipped(seed + 1, breaks, true, single)] += 1
  }
  return counts
})

it.effect(
  "[WA6] a flipped bit anywhere is found, or does not matter",
  () =>
    Effect.gen(function* () {
      const { same, anew, refused } = yield* outcomes(400)
      for (const count of [same, anew, refused]) assert.isAbove(count, 40)
    }),
  60_000
)

it.effect(
  "[WA6] the search finds the build with damageSkipped",
  () =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(outcomes(100, { damageSkipped: true }))
      assert.strictEqual(exit._tag, "Failure")
    }),
  60_000
)

it.effect("[WA5] a last record with a zero sector passes as torn when it rots", () =>
  Effect.gen(function* () {
    const image = new DiskImage()
    yield* Effect.scoped(
      Effect.gen(function* () {
        const storage = yield* open(image)
        yield* storage.begin(logId, foundedBy(`n1/${storage.incarnation}`))
        yield* storage.write([appending(2, "a")])
        const zeros = entry(3, new Uint8Array(2000))
        yield* storage.write([batch({ hardState: hardState(1, 3), entries: [zeros] })])
      })
    )
    image.file("/log/0000000000000001.wal")!.flipBit(8 * (3 * 4096 + 40))
    const { begun } = yield* Effect.scoped(open(image))
    assert.deepStrictEqual(begun?.restored.entries, [entry(2, "a")])
  })
)

it.effect("[WA11] [WA6] a segment in another's place is damage", () =>
  Effect.gen(function* () {
    for (const [from, to] of [segments, [segments[1], segments[0]] as const]) {
      const { image } = yield* written()
      assert.includeMembers([...image.paths], [...segments])
      yield* SimDisk.make(image).rename(from, to)
      assert.instanceOf(yield* Effect.flip(Effect.scoped(open(image))), LogDamaged)
    }
  })
)

it.effect("[WA6] a segment that was cut between two records is damage", () =>
  Effect.gen(function* () {
    const { image } = yield* written()
    const [first] = segments
    const bytes = image.file(first)!.read(0, 2 * 4096)
    const disk = SimDisk.make(image)
    const file = yield* disk.open(`${first}.other`, "create")
    yield* file.writeAt(0, bytes)
    yield* disk.remove(segments[1])
    yield* disk.rename(`${first}.other`, first)
    const refused = yield* Effect.flip(Effect.scoped(open(image)))
    assert.include(refused, { _tag: "LogDamaged", file: first, offset: 2 * 4096 })
  })
)

it.effect("[WA10] a disk that was lost never makes two memories of one id", () =>
  Effect.gen(function* () {
    const { image, incarnation } = yield* written("n2/y")
    image.lose()
    const { begun, incarnation: after } = yield* Effect.scoped(open(image))
    assert.isUndefined(begun)
    assert.notStrictEqual(after, incarnation)
  })
)
