import { assert, it } from "@effect/vitest"
import { withVoters } from "@distri/raft/membership/Configuration"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Core } from "../../../../src/log/raft/internal/core.ts"
import * as LocalLog from "../../../../src/log/raft/internal/localLog.ts"
import { ClusterId } from "../../../../src/log/ReplicatedLog.ts"
import * as MemoryStorage from "../../../../src/log/storage/MemoryStorage.ts"

it.effect("a report of the members says how they are after the change, not before it", () =>
  Effect.gen(function* () {
    const changed = yield* Deferred.make<void>()
    const core = {
      published: { changed: Deferred.await(changed) },
      view: { configuration: withVoters(["a/1"]), leader: undefined as string | undefined }
    }
    const { members } = LocalLog.make({
      info: { engine: "RaftLog", cluster: ClusterId.make("test"), durability: "memory" },
      core: () => core as unknown as Core,
      nowMs: () => 0,
      storage: yield* MemoryStorage.make(),
      isClosed: () => false,
      begun: Effect.void,
      guard: (self) => self
    })
    const report = yield* Effect.forkChild(Stream.runHead(members), { startImmediately: true })
    core.view.leader = "a/1"
    yield* Deferred.succeed(changed, undefined)
    const found = Option.getOrThrow(yield* Fiber.join(report))
    assert.deepStrictEqual(found, { voters: ["a"], learners: [], leader: "a" })
  }).pipe(Effect.provide(SecureRandom.layerWebCrypto))
)
