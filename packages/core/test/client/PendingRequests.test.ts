import { assert, it } from "@effect/vitest"
import * as Bytes from "effect/Bytes"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import { PendingRequests } from "../../src/client/internal/pendingRequests.ts"
import * as Body from "../../src/service/Body.ts"
import * as Wire from "../../src/service/Wire.ts"

const load = { inFlight: 0, queued: 0, meanMs: 0, log: "", version: 0 }

it.effect.each([0, 1, 4463, 4465])(
  "[WI3] a node that sends %i bytes of the 4,464 that are left of its answer is no longer heard",
  (length) =>
    Effect.gen(function* () {
      const pending = new PendingRequests<never>(() => Effect.void)
      const take = (head: Uint8Array, part: Uint8Array) =>
        pending.take(Bytes.concat([head, part])) ?? Effect.void
      const body = new Uint8Array(Body.chunkBytes + 4464)
      const head: Wire.ReplyHead = { outcome: "success", size: body.length, load }
      const [right, { done }] = pending.request()
      const [wrong] = pending.request()
      for (const id of [right, wrong])
        yield* take(Wire.encodeReply(id, head), body.subarray(0, Body.chunkBytes))
      yield* take(Wire.encodeChunk(right), body.subarray(Body.chunkBytes))
      assert.deepStrictEqual((yield* Deferred.await(done)).body, body)
      const { message } = yield* Effect.flip(take(Wire.encodeChunk(wrong), new Uint8Array(length)))
      assert.include(message, "a part of another size")
      assert.strictEqual(pending.size, 1)
    })
)

it.effect("[WI3] an answer without a body is whole at once", () =>
  Effect.gen(function* () {
    const pending = new PendingRequests<never>(() => Effect.void)
    const [id, { done }] = pending.request()
    yield* pending.take(Wire.encodeReply(id, { outcome: "success", size: 0, load })) ?? Effect.void
    assert.lengthOf((yield* Deferred.await(done)).body, 0)
  })
)
