import { Disk } from "@distri/core/log/storage/Disk"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as childProcess from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { fileURLToPath } from "node:url"
import { entry } from "../../core/test/log/storage/batches.ts"
import {
  diskStorageContract,
  life,
  opener
} from "../../core/test/log/storage/DiskStorageContract.ts"
import * as NodeDisk from "../src/NodeDisk.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "distri-"))),
  (directory) => Effect.sync(() => fs.rmSync(directory, { recursive: true }))
)

const machine = Effect.gen(function* () {
  return { disk: yield* Disk, directory: yield* temporary }
}).pipe(Effect.provide(NodeDisk.layer))

diskStorageContract("DiskStorage on this machine's disk", machine)

it.live(
  "[WA1] [WA10] what was acknowledged before kill -9 is there, and the folder is free",
  () =>
    Effect.gen(function* () {
      const place = yield* machine
      const open = opener(place)
      let acknowledged = 1
      for (const count of [20, 200]) {
        const child = yield* append(`${place.directory}/log`)
        const waiting = yield* Effect.forkChild(child.tells(acknowledged + count))
        acknowledged = yield* Fiber.join(waiting)
        const refused = yield* Effect.flip(life(open, Effect.succeed))
        assert.include(refused, { _tag: "DiskFailed", reason: "InUse" })
        acknowledged = Math.max(acknowledged, yield* child.kill)
        const { begun } = yield* life(() => open({ segmentBytes: 256 * 1024 }), Effect.succeed)
        const { entries } = begun!.restored
        const last = entries.at(-1)!.index
        assert.isTrue(
          last === acknowledged || last === acknowledged + 1,
          `${last}, ${acknowledged}`
        )
        for (const found of entries) {
          const { index } = found
          assert.deepStrictEqual(found, entry(index, `entry ${index}`.repeat(index % 50)))
        }
        acknowledged = last
      }
    }),
  60_000
)

it.live("[WA10] a lock is had by one, in this process too, and says who is in the way", () =>
  Effect.gen(function* () {
    const { disk, directory } = yield* machine
    yield* Effect.scoped(
      Effect.gen(function* () {
        yield* disk.lock(directory)
        const refused = yield* Effect.flip(Effect.scoped(disk.lock(directory)))
        assert.strictEqual(refused.reason, "InUse")
        assert.include(refused.message, "another process uses the folder; stop that one")
      })
    )
    yield* Effect.scoped(disk.lock(directory))
    assert.deepStrictEqual(yield* disk.list(directory), ["lock"])
  })
)

it.live("[WA9] folders are made with those above them, files are read and written anywhere", () =>
  Effect.gen(function* () {
    const { disk, directory } = yield* machine
    const deep = `${directory}/a/b/c`
    yield* disk.makeDirectory(deep)
    yield* disk.makeDirectory(deep)
    yield* Effect.scoped(
      Effect.gen(function* () {
        const file = yield* disk.open(`${deep}/f`, "create")
        yield* file.writeAt(5, Uint8Array.of(1, 2, 3))
        yield* file.sync
        assert.strictEqual(yield* file.size, 8)
        assert.deepStrictEqual(yield* file.readAt(4, 10), Uint8Array.of(0, 1, 2, 3))
        assert.deepStrictEqual(yield* file.readAt(8, 10), new Uint8Array())
      })
    )
    yield* disk.rename(`${deep}/f`, `${directory}/g`)
    yield* disk.syncDirectory(directory)
    assert.deepStrictEqual(yield* disk.list(directory), ["a", "g"])
    yield* disk.remove(`${directory}/g`)
    assert.deepStrictEqual(yield* disk.list(directory), ["a"])
  })
)

it.live("[WA10] what a disk refuses has a reason and a way out", () =>
  Effect.gen(function* () {
    const { disk, directory } = yield* machine
    const missing = Effect.scoped(disk.open(`${directory}/none`, "read"))
    const refused = yield* Effect.flip(missing)
    assert.include(refused, { operation: "open", reason: "NotFound" })
    assert.strictEqual((yield* Effect.flip(disk.remove(`${directory}/none`))).reason, "NotFound")
    yield* Effect.scoped(disk.open(`${directory}/file`, "create"))
    assert.strictEqual((yield* Effect.flip(disk.makeDirectory(`${directory}/file/x`))).reason, "Io")
  })
)

it.live("[WA13] a device that is full says so", () =>
  Effect.gen(function* () {
    if (!fs.existsSync("/dev/full")) return
    const { disk } = yield* machine
    const refused = yield* Effect.flip(
      Effect.scoped(
        Effect.flatMap(disk.open("/dev/full", "write"), (file) => file.writeAt(0, Uint8Array.of(1)))
      )
    )
    assert.strictEqual(refused.reason, "NoSpace")
    assert.include(refused.message, "it is full; make room")
  })
)

/** Another process, which appends until it is killed. */
const append = (directory: string) =>
  Effect.map(
    Effect.acquireRelease(
      Effect.sync(() => {
        const file = fileURLToPath(new URL("appendForever.ts", import.meta.url))
        const child = childProcess.spawn(process.execPath, [file, directory], {
          stdio: ["ignore", "pipe", "inherit"]
        })
        const state = { last: 0, rest: "", wake: () => {} }
        child.stdout.on("data", (chunk: Buffer) => {
          const lines = (state.rest + chunk.toString()).split("\n")
          state.rest = lines.pop()!
          if (lines.length > 0) state.last = Number(lines.at(-1))
          state.wake()
        })
        return { child, state }
      }),
      ({ child }) => Effect.sync(() => child.kill("SIGKILL"))
    ),
    ({ child, state }) => ({
      /** Waits until it has told `index`, and returns the last one it told. */
      tells: (index: number) =>
        Effect.callback<number>((resume) => {
          state.wake = () => {
            if (state.last >= index) resume(Effect.succeed(state.last))
          }
          state.wake()
        }),
      /** Kills it, and returns the last index it told, when all that it told has arrived. */
      kill: Effect.callback<number>((resume) => {
        child.once("close", () => resume(Effect.succeed(state.last)))
        child.kill("SIGKILL")
      })
    })
  )
