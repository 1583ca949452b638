import { assert, it } from "@effect/vitest"
import { Load } from "@distri/core/cloud/Load"
import { Disk } from "@distri/core/log/storage/Disk"
import { Transport } from "@distri/core/transport/Transport"
import * as Aead from "effect/crypto/Aead"
import * as Digest from "effect/crypto/Digest"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as os from "node:os"
import { DistriNode } from "../src/index.ts"

it.effect("has all that a node needs of its platform", () =>
  Effect.gen(function* () {
    yield* Effect.all([Transport, Disk, Load, Aead.Aead, Digest.Digest, SecureRandom.SecureRandom])
  }).pipe(Effect.provide(DistriNode.layer))
)

it.effect("measures the processors, the heap and the event loop", () =>
  Effect.gen(function* () {
    const load = yield* Load
    assert.strictEqual(load.cores, os.availableParallelism())
    const { eventLoopP99Ms, heapRatio } = yield* load.sample
    assert.isAtLeast(eventLoopP99Ms, 0)
    assert.isTrue(heapRatio > 0 && heapRatio < 1)
  }).pipe(Effect.provide(DistriNode.layer))
)

it.effect("shows the delay of an event loop that is kept busy", () =>
  Effect.gen(function* () {
    const load = yield* Load
    for (let nth = 0; nth < 5; nth++) {
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 60)
      yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 1)))
    }
    assert.isAbove((yield* load.sample).eventLoopP99Ms, 30)
  }).pipe(Effect.provide(DistriNode.layer))
)
