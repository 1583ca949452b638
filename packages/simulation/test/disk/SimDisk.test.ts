import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { DiskImage } from "../../src/disk/DiskImage.ts"
import { sectorBytes, SimFile } from "../../src/disk/SimFile.ts"
import * as SimDisk from "../../src/disk/SimDisk.ts"
import { Random } from "../../src/random/Random.ts"

/** A file as all the contents it had since the last sync, the synced one first. */
class Contents {
  versions: Array<Uint8Array> = [new Uint8Array(0)]

  get now(): Uint8Array {
    return this.versions.at(-1)!
  }

  write(offset: number, bytes: Uint8Array): void {
    const next = new Uint8Array(Math.max(this.now.length, offset + bytes.length))
    next.set(this.now)
    next.set(bytes, offset)
    this.versions.push(next)
  }

  sync(): void {
    this.versions = [this.now]
  }

  /** Whether a crash may leave this: each sector as some write left it, and one of the sizes. */
  allows(found: Uint8Array): boolean {
    const sizes = this.versions.map(({ length }) => length)
    if (!sizes.includes(found.length)) return false
    for (let at = 0; at < found.length; at += sectorBytes) {
      const length = Math.min(sectorBytes, found.length - at)
      const isOne = this.versions.some((version) => {
        const sector = new Uint8Array(length)
        sector.set(version.subarray(at, at + length))
        return Buffer.from(sector).equals(found.subarray(at, at + length))
      })
      if (!isOne) return false
    }
    return true
  }
}

const readAll = (file: SimFile) => file.read(0, file.size)

it("[SIM4] what was synced survives, and the rest sector by sector, as it was written", () => {
  const kinds = { all: 0, none: 0, some: 0 }
  for (let seed = 1; seed <= 150; seed++) {
    const random = new Random(seed, "test")
    const file = new SimFile("/a")
    const contents = new Contents()
    for (let crash = 0; crash < 4; crash++) {
      for (let left = random.whole(1, 12); left > 0; left--) {
        const bytes = Uint8Array.from({ length: random.whole(1, 2500) }, () => random.below(256))
        const offset = random.below(3000)
        file.write(offset, bytes)
        contents.write(offset, bytes)
        assert.isTrue(Buffer.from(readAll(file)).equals(contents.now), `SEED=${seed}`)
        if (!random.chance(0.2)) continue
        file.sync()
        contents.sync()
      }
      const before = contents.now
      file.crash(random, random.pick([0, 0.5, 1]))
      const found = readAll(file)
      assert.isTrue(contents.allows(found), `SEED=${seed}, crash ${crash}`)
      const isAll = Buffer.from(found).equals(before)
      const isNone = Buffer.from(found).equals(contents.versions[0]!)
      kinds[isAll ? "all" : isNone ? "none" : "some"] += 1
      contents.versions = [found]
    }
  }
  for (const count of Object.values(kinds)) assert.isAbove(count, 40)
})

it.effect("[SIM4] names survive as they were synced, and a rename as a whole or not at all", () =>
  Effect.gen(function* () {
    const outcomes = new Set<string>()
    for (let seed = 1; seed <= 200; seed++) {
      const image = new DiskImage()
      const disk = SimDisk.make(image)
      yield* disk.makeDirectory("/d")
      for (const name of ["kept", "old"]) yield* write(disk, `/d/${name}`, name)
      yield* disk.syncDirectory("/d")
      yield* write(disk, "/d/part", "new")
      yield* disk.rename("/d/part", "/d/old")
      yield* disk.remove("/d/kept")
      assert.deepStrictEqual(yield* disk.list("/d"), ["old"])
      image.crash(new Random(seed, "crash"))
      const after = SimDisk.make(image)
      const names = yield* after.list("/d")
      assert.include(names, "old", `SEED=${seed}`)
      const old = yield* read(after, "/d/old")
      assert.strictEqual(old === "new" && names.includes("part"), false, `SEED=${seed}`)
      outcomes.add(`${names.join()}: ${old}`)
    }
    assert.sameMembers(
      [...outcomes],
      [
        "kept,old: old",
        "kept,old: new",
        "kept,old,part: old",
        "old: old",
        "old: new",
        "old,part: old"
      ]
    )
  })
)

it.effect("[SIM4] a synced rename survives, with all that it builds on", () =>
  Effect.gen(function* () {
    for (let seed = 1; seed <= 50; seed++) {
      const image = new DiskImage()
      const disk = SimDisk.make(image)
      yield* disk.makeDirectory("/a")
      yield* disk.makeDirectory("/b")
      yield* write(disk, "/a/one", "text")
      yield* disk.rename("/a/one", "/b/two")
      yield* disk.syncDirectory("/b")
      image.crash(new Random(seed, "crash"))
      assert.deepStrictEqual(image.paths, ["/b/two"])
      assert.strictEqual(yield* read(SimDisk.make(image), "/b/two"), "text")
    }
  })
)

it.effect("[SIM5] without a crash nothing is lost, from process to process", () =>
  Effect.gen(function* () {
    const image = new DiskImage()
    const first = SimDisk.make(image)
    yield* first.makeDirectory("/d/e")
    const file = yield* Effect.scoped(first.open("/d/e/f", "create"))
    yield* file.writeAt(3, bytes("abc"))
    yield* first.rename("/d/e/f", "/d/g")
    yield* file.writeAt(0, bytes("xyz"))
    image.endProcesses()
    const second = SimDisk.make(image)
    assert.strictEqual(yield* read(second, "/d/g"), "xyzabc")
    assert.deepStrictEqual(yield* second.list("/d"), ["e", "g"])
  })
)

it.effect("[SIM3] a process that ended is never answered, and its lock is gone", () =>
  Effect.gen(function* () {
    const image = new DiskImage()
    const first = SimDisk.make(image)
    yield* first.makeDirectory("/d")
    yield* first.lock("/d")
    const second = SimDisk.make(image)
    const refused = yield* Effect.flip(second.lock("/d"))
    assert.strictEqual(refused.reason, "InUse")
    image.endProcesses()
    const waiting = yield* Effect.forkChild(first.list("/d"), { startImmediately: true })
    assert.isUndefined(waiting.pollUnsafe())
    yield* SimDisk.make(image).lock("/d")
  })
)

it.effect(
  "[SIM4] a sync that failed loses what it should have kept, and no later one keeps it",
  () =>
    Effect.gen(function* () {
      const image = new DiskImage()
      let fails = false
      const disk = SimDisk.make(image, {
        fault: (operation) => (fails && operation === "sync" ? "Io" : undefined)
      })
      yield* disk.makeDirectory("/d")
      yield* write(disk, "/d/f", "old")
      yield* disk.syncDirectory("/d")
      fails = true
      assert.strictEqual((yield* Effect.flip(write(disk, "/d/f", "new"))).reason, "Io")
      fails = false
      assert.strictEqual(yield* read(disk, "/d/f"), "new")
      yield* Effect.scoped(Effect.flatMap(disk.open("/d/f", "write"), ({ sync }) => sync))
      image.crash(new Random(1, "crash"))
      assert.strictEqual(yield* read(SimDisk.make(image), "/d/f"), "old")
    })
)

it.effect("[SIM5] a disk may be full, rot, be lost, and an old copy come back", () =>
  Effect.gen(function* () {
    const image = new DiskImage()
    const disk = SimDisk.make(image)
    yield* disk.makeDirectory("/d")
    yield* write(disk, "/d/f", "four")
    image.capacityBytes = 6
    assert.strictEqual((yield* Effect.flip(write(disk, "/d/g", "many"))).reason, "NoSpace")
    yield* disk.syncDirectory("/d")
    const old = image.copy()
    image.file("/d/f")!.flipBit(8)
    assert.strictEqual(yield* read(disk, "/d/f"), "fnur")
    assert.strictEqual(yield* read(SimDisk.make(old), "/d/f"), "four")
    image.lose()
    assert.strictEqual((yield* Effect.flip(SimDisk.make(image).list("/d"))).reason, "NotFound")
  })
)

const bytes = (text: string) => new TextEncoder().encode(text)

const write = (disk: ReturnType<typeof SimDisk.make>, path: string, text: string) =>
  Effect.scoped(
    Effect.flatMap(disk.open(path, "create"), (file) =>
      Effect.andThen(file.writeAt(0, bytes(text)), file.sync)
    )
  )

const read = (disk: ReturnType<typeof SimDisk.make>, path: string) =>
  Effect.scoped(
    Effect.flatMap(disk.open(path, "read"), (file) =>
      Effect.map(file.readAt(0, 1000), (found) => new TextDecoder().decode(found))
    )
  )
