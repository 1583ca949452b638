import { assert, it } from "@effect/vitest"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { Unavailable } from "../../../src/log/ReplicatedLog.ts"
import * as MemoryStorage from "../../../src/log/storage/MemoryStorage.ts"
import { content, readAll, storageContract } from "./LogStorageContract.ts"

const open = (options?: MemoryStorage.Options) =>
  MemoryStorage.make(options).pipe(Effect.provide(SecureRandom.layerWebCrypto))

storageContract("MemoryStorage", () => open())

it.effect("[RL12] each start is another log memory, and empty", () =>
  Effect.gen(function* () {
    const before = yield* open()
    yield* before.snapshots.write("s", content(10))
    const after = yield* open()
    assert.notStrictEqual(after.incarnation, before.incarnation)
    assert.isUndefined(after.begun)
    assert.strictEqual(after.durability, "memory")
    assert.instanceOf(yield* Effect.flip(readAll(after, "s")), Unavailable)
  })
)

it.effect("[RL13] a snapshot over the limit is refused as soon as it is, and nothing is kept", () =>
  Effect.gen(function* () {
    const storage = yield* open({ snapshotMaxBytes: 1000 })
    yield* storage.snapshots.write("just", content(1000))
    const endless = Stream.forever(content(600))
    const refused = yield* Effect.flip(storage.snapshots.write("more", endless))
    assert.deepStrictEqual(refused, new Unavailable({ reason: "StorageFull" }))
    assert.instanceOf(yield* Effect.flip(readAll(storage, "more")), Unavailable)
    assert.strictEqual((yield* readAll(storage, "just")).length, 1000)
  })
)
