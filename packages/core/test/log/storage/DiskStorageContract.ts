/** What a storage in a folder keeps over restarts, and what it refuses, on any disk. */
import { assert, describe, it } from "@effect/vitest"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Restored } from "@distri/raft/Restored"
import { encodeIdentity } from "../../../src/log/storage/pure/Identity.ts"
import { writePreamble, magics } from "../../../src/log/storage/pure/Preamble.ts"
import { Disk } from "../../../src/log/storage/Disk.ts"
import * as DiskStorage from "../../../src/log/storage/DiskStorage.ts"
import { ForeignFolder, LogDamaged, NewerFormat } from "../../../src/log/storage/StorageRefusal.ts"
import { appending, batch, entry, foundedBy, hardState, metaOf, type Storage } from "./batches.ts"
import { content, logId, readAll, storageContract, takeSnapshot } from "./LogStorageContract.ts"

export type Open = (
  options?: Partial<DiskStorage.Options>
) => Effect.Effect<Storage, DiskStorage.OpenError, Scope.Scope>

/** An empty disk, and a folder on it. It is gone when the scope closes. */
export interface Machine {
  readonly disk: Disk["Service"]
  readonly directory: string
}

export const opener =
  ({ disk, directory }: Machine): Open =>
  (options) =>
    DiskStorage.make({
      directory: `${directory}/log`,
      node: "n1",
      cluster: "cloud",
      segmentBytes: 32 * 1024,
      ...options
    }).pipe(Effect.provideService(Disk, disk), Effect.provide(SecureRandom.layerWebCrypto))

export const diskStorageContract = (
  name: string,
  makeMachine: Effect.Effect<Machine, never, Scope.Scope>
) => {
  storageContract(name, () => Effect.flatMap(makeMachine, (machine) => opener(machine)()))

  /** A test with a folder. Each `open` is another life of the process; its scope is to be closed. */
  const test = (
    sentence: string,
    body: (open: Open, machine: Machine) => Effect.Effect<void, unknown, Scope.Scope>
  ) =>
    it.effect(sentence, () =>
      Effect.flatMap(makeMachine, (machine) => body(opener(machine), machine))
    )

  describe(name, () => {
    test("[WA1] comes back with all that was written, under the same incarnation", (open) =>
      Effect.gen(function* () {
        const incarnation = yield* life(open, ({ begin, write, incarnation }) =>
          Effect.gen(function* () {
            yield* begin(logId, foundedBy(`n1/${incarnation}`))
            yield* write([appending(2, "a", "b"), appending(4, "c")])
            const last = hardState(2, 3, `n1/${incarnation}`)
            yield* write([batch({ hardState: last, truncateFrom: 4, entries: [entry(4, "d", 2)] })])
            return incarnation
          })
        )
        for (const at of [1, 2, 3]) {
          const { begun, incarnation: found } = yield* life(open, Effect.succeed)
          assert.strictEqual(found, incarnation, `life ${at}`)
          assert.strictEqual(begun?.log, logId)
          assert.deepStrictEqual(begun?.restored, {
            hardState: hardState(2, 3, `n1/${incarnation}`),
            snapshot: foundedBy(`n1/${incarnation}`).snapshot,
            entries: [entry(2, "a"), entry(3, "b"), entry(4, "d", 2)]
          } satisfies Restored)
        }
      }))

    test("[WA12] goes through segments, and removes those that a snapshot covers", (open, machine) =>
      Effect.gen(function* () {
        const segments = segmentsOf(machine)
        const me = yield* life(open, (storage) =>
          Effect.gen(function* () {
            const id = `n1/${storage.incarnation}`
            yield* storage.begin(logId, foundedBy(id))
            for (let index = 2; index <= 41; index++) {
              yield* storage.write([appending(index, "x".repeat(3000))])
            }
            const all = yield* segments
            assert.isAbove(all.length, 3)
            const stored = yield* storage.snapshots.write("s40", content(1000, 40))
            yield* storage.compact(metaOf(stored, 40, [id]), 20)
            const rest = yield* segments
            assert.isBelow(rest.length, all.length)
            assert.deepStrictEqual(rest, all.slice(-rest.length))
            return id
          })
        )
        const { begun } = yield* life(open, Effect.succeed)
        assert.strictEqual(begun?.log, logId)
        assert.strictEqual(begun?.restored.snapshot.index, 40)
        const { entries } = begun!.restored
        assert.deepStrictEqual(
          entries.map(({ index }) => index),
          Array.from({ length: 22 }, (_, at) => 20 + at)
        )
        yield* life(open, (storage) => takeSnapshot(storage, "s41", 41, [me]))
        assert.strictEqual((yield* segments).length, 1)
        const last = yield* life(open, Effect.succeed)
        assert.deepStrictEqual(last.begun?.restored.entries, [])
        assert.strictEqual(last.begun?.restored.snapshot.reference, "s41")
      }))

    test("[WA1] a batch that is larger than a segment comes back whole", (open) =>
      Effect.gen(function* () {
        const large = appending(2, ...Array.from({ length: 5 }, () => "y".repeat(500_000)))
        yield* life(open, ({ begin, write, incarnation }) =>
          Effect.gen(function* () {
            yield* begin(logId, foundedBy(`n1/${incarnation}`))
            yield* write([large, appending(7, "z"), appending(8, "z".repeat(900_000))])
          })
        )
        const { begun } = yield* life(open, Effect.succeed)
        assert.deepStrictEqual(begun?.restored.entries, [
          ...large.entries,
          entry(7, "z"),
          entry(8, "z".repeat(900_000))
        ])
      }))

    test("[WA12] a received snapshot takes the place of the log, over a restart", (open) =>
      Effect.gen(function* () {
        const voters = ["n1/a", "n2/b"]
        yield* life(open, (storage) =>
          Effect.gen(function* () {
            yield* storage.begin(logId, foundedBy("n1/a", "n2/b"))
            yield* storage.write([appending(2, "a", "b")])
            const stored = yield* storage.snapshots.write("r9", content(600_000, 9))
            const snapshot = metaOf(stored, 9, voters)
            yield* storage.write([
              batch({ hardState: hardState(1, 9), snapshot, entries: [entry(10, "c")] })
            ])
            yield* storage.snapshots.write("nobody-names-it", content(10))
          })
        )
        yield* life(open, (storage) =>
          Effect.gen(function* () {
            assert.strictEqual(storage.begun?.restored.snapshot.index, 9)
            assert.deepStrictEqual(storage.begun?.restored.entries, [entry(10, "c")])
            assert.strictEqual((yield* readAll(storage, "r9")).length, 600_000)
            assert.strictEqual(
              (yield* Effect.flip(readAll(storage, "nobody-names-it")))._tag,
              "Unavailable"
            )
          })
        )
      }))

    test("[WA10] a folder of another cloud or node is refused, and not changed", (open, machine) =>
      Effect.gen(function* () {
        yield* life(open, ({ begin }) => begin(logId, foundedBy("n1/a")))
        const before = yield* machine.disk.list(`${machine.directory}/log`)
        const cloud = yield* Effect.flip(life(() => open({ cluster: "other" }), Effect.succeed))
        assert.instanceOf(cloud, ForeignFolder)
        assert.include((cloud as ForeignFolder).message, 'belongs to the cloud "cloud"')
        const node = yield* Effect.flip(life(() => open({ node: "n2" }), Effect.succeed))
        assert.instanceOf(node, ForeignFolder)
        assert.include((node as ForeignFolder).message, 'not to "n2"; choose another folder')
        assert.deepStrictEqual(yield* machine.disk.list(`${machine.directory}/log`), before)
      }))

    test("[WA10] a name that another node chose leads nowhere else", (open) =>
      life(open, (storage) =>
        Effect.gen(function* () {
          for (const name of ["../log/identity", "a/b", "", "a.part", "a\0b"]) {
            const write = storage.snapshots.write(name, content(10))
            assert.strictEqual((yield* Effect.flip(write))._tag, "Corrupt")
            assert.strictEqual((yield* Effect.flip(readAll(storage, name)))._tag, "Unavailable")
          }
        })
      ))

    test("[WA10] a folder is had by one at a time", (open) =>
      Effect.gen(function* () {
        yield* life(open, () =>
          Effect.gen(function* () {
            const refused = yield* Effect.flip(life(open, Effect.succeed))
            assert.include(refused, { _tag: "DiskFailed", reason: "InUse" })
          })
        )
        yield* life(open, Effect.succeed)
      }))

    test("[WA10] a file of a newer release is refused", (open, machine) =>
      Effect.gen(function* () {
        const me = yield* life(open, ({ begin, incarnation }) =>
          Effect.as(begin(logId, foundedBy("n1/a", "n2/b")), incarnation)
        )
        const [segment] = yield* segmentsOf(machine)
        const page = yield* readAt(machine, segment!, 0, 4096)
        yield* writeAt(machine, segment!, 0, newer("segment", page.slice()))
        const refused = yield* Effect.flip(life(open, Effect.succeed))
        assert.instanceOf(refused, NewerFormat)
        assert.include(
          (refused as NewerFormat).message,
          "has format 2, and this release knows up to 1"
        )
        yield* writeAt(machine, segment!, 0, page)
        const identity = { cluster: "cloud", node: "n1", incarnation: me, settingAside: 0 }
        const file = encodeIdentity(identity)
        yield* writeAt(machine, "identity", 0, newer("identity", file))
        assert.instanceOf(yield* Effect.flip(life(open, Effect.succeed)), NewerFormat)
      }))

    test("[WA6] a damaged folder of a member is set aside, and it comes back as another", (open, machine) =>
      Effect.gen(function* () {
        const before = yield* life(open, ({ begin, write, incarnation }) =>
          Effect.gen(function* () {
            yield* begin(logId, foundedBy(`n1/${incarnation}`, "n2/b"))
            yield* write([appending(2, "a")])
            yield* write([appending(3, "b")])
            return incarnation
          })
        )
        const [segment] = yield* segmentsOf(machine)
        yield* flip(machine, segment!, 2 * 4096 + 40)
        const { begun, incarnation } = yield* life(open, Effect.succeed)
        assert.isUndefined(begun)
        assert.notStrictEqual(incarnation, before)
        const kept = yield* machine.disk.list(`${machine.directory}/log/damaged-1`)
        assert.includeMembers([...kept], ["identity", segment!])
        // What comes next begins anew, and may be damaged again.
        yield* life(open, (storage) =>
          Effect.gen(function* () {
            assert.strictEqual(storage.incarnation, incarnation)
            yield* storage.begin(logId, foundedBy("n2/b"))
            yield* takeSnapshot(storage, "s1", 1, ["n2/b"])
          })
        )
        yield* flip(machine, "snapshot-s1.snap", 500)
        const third = yield* life(open, Effect.succeed)
        assert.isUndefined(third.begun)
        assert.includeMembers(
          [...(yield* machine.disk.list(`${machine.directory}/log/damaged-2`))],
          ["snapshot-s1.snap", "identity"]
        )
      }))

    test("[WA6] a folder whose segments are gone is not taken for a new one", (open, machine) =>
      Effect.gen(function* () {
        yield* life(open, (storage) =>
          Effect.gen(function* () {
            yield* storage.begin(logId, foundedBy(`n1/${storage.incarnation}`, "n2/b"))
            yield* takeSnapshot(storage, "s1", 1, [`n1/${storage.incarnation}`, "n2/b"])
          })
        )
        for (const name of yield* segmentsOf(machine))
          yield* machine.disk.remove(`${machine.directory}/log/${name}`)
        const refused = yield* Effect.flip(life(open, Effect.succeed))
        assert.instanceOf(refused, LogDamaged)
        assert.include((refused as LogDamaged).message, "the segments beside it are gone")
        assert.include(
          [...(yield* machine.disk.list(`${machine.directory}/log`))],
          "snapshot-s1.snap"
        )
      }))

    test("[WA6] a log that nobody else has is not left: it says where it is damaged", (open, machine) =>
      Effect.gen(function* () {
        yield* life(open, ({ begin, write, incarnation }) =>
          Effect.gen(function* () {
            yield* begin(logId, foundedBy(`n1/${incarnation}`))
            yield* write([appending(2, "a")])
            yield* write([appending(3, "b")])
          })
        )
        const [segment] = yield* segmentsOf(machine)
        yield* flip(machine, segment!, 2 * 4096 + 40)
        for (const _ of [1, 2]) {
          const refused = yield* Effect.flip(life(open, Effect.succeed))
          assert.instanceOf(refused, LogDamaged)
          assert.include(refused, {
            file: `${machine.directory}/log/${segment}`,
            offset: 2 * 4096
          })
          assert.include((refused as LogDamaged).message, "no other node is known to hold this log")
        }
        yield* flip(machine, segment!, 2 * 4096 + 40)
        const { begun } = yield* life(open, Effect.succeed)
        assert.strictEqual(begun?.restored.entries.length, 2)
      }))

    test("[WA8] nothing is counted on that lies in the file as it was found", (open, machine) =>
      Effect.gen(function* () {
        yield* life(open, ({ begin, write }) =>
          Effect.andThen(begin(logId, foundedBy("n1/a", "n2/b")), write([appending(2, "a")]))
        )
        const [segment] = yield* segmentsOf(machine)
        yield* Effect.scoped(
          Effect.gen(function* () {
            const path = `${machine.directory}/log/${segment}`
            const old = yield* machine.disk.open(path, "write")
            yield* life(open, ({ write }) => write([appending(3, "b")]))
            // The old file is another one by now: what is written to it is in nobody's way.
            yield* old.writeAt(0, new Uint8Array(32 * 1024).fill(255))
          })
        )
        const { begun } = yield* life(open, Effect.succeed)
        assert.deepStrictEqual(begun?.restored.entries, [entry(2, "a"), entry(3, "b")])
      }))
  })
}

/** One life of the process, which ends well. */
export const life = <A, E>(
  open: Open,
  body: (storage: Storage) => Effect.Effect<A, E>
): Effect.Effect<A, E | DiskStorage.OpenError> => Effect.scoped(Effect.flatMap(open(), body))

/** The same bytes as a later release would mark them. */
const newer = (kind: keyof typeof magics, bytes: Uint8Array) => {
  writePreamble(bytes, magics[kind], 2)
  return bytes
}

export const segmentsOf = ({ disk, directory }: Machine) =>
  Effect.map(disk.list(`${directory}/log`), (names) =>
    names.filter((name) => name.endsWith(".wal"))
  )

export const readAt = (machine: Machine, name: string, offset: number, length: number) =>
  Effect.scoped(
    Effect.flatMap(machine.disk.open(`${machine.directory}/log/${name}`, "read"), (file) =>
      file.readAt(offset, length)
    )
  )

export const writeAt = (machine: Machine, name: string, offset: number, bytes: Uint8Array) =>
  Effect.scoped(
    Effect.flatMap(machine.disk.open(`${machine.directory}/log/${name}`, "write"), (file) =>
      Effect.andThen(file.writeAt(offset, bytes), file.sync)
    )
  )

/** Turns over the lowest bit of a byte. */
export const flip = (machine: Machine, name: string, at: number) =>
  Effect.flatMap(readAt(machine, name, at, 1), ([byte]) =>
    writeAt(machine, name, at, Uint8Array.of(byte! ^ 1))
  )
