import { assert, it } from "@effect/vitest"
import type * as Context from "effect/Context"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Endpoint from "../../src/service/Endpoint.ts"
import { handBack } from "../../src/service/RequestContext.ts"
import * as Service from "../../src/service/Service.ts"
import * as Wire from "../../src/service/Wire.ts"

class HandsBack extends Service.make("HandsBack") {}

const load = { inFlight: 0, queued: 0, meanMs: 0, log: "", version: 0 }

it.effect.each([
  ["short"],
  ["x".repeat(70_000)],
  ["漢".repeat(30_000)],
  ["\ud83d\ude00".repeat(20_000)]
])("[WI4] whatever a handler says when it hands back, its beginning fits into a head", ([why]) =>
  Effect.gen(function* () {
    const context = yield* Layer.build(HandsBack.toLayer(() => handBack(why!)))
    const random = yield* SecureRandom.SecureRandom
    const { run } = Endpoint.make(HandsBack, "a", context as Context.Context<never>, random)
    const answer = yield* run({ service: "HandsBack", mode: "bytes" } as never, new Uint8Array())
    assert.strictEqual(answer.outcome, "refused")
    if (answer.outcome !== "refused") return
    Wire.encodeReply(1, { outcome: "refused", size: 0, load, refusal: answer.refusal })
    assert.deepInclude(answer.refusal, { _tag: "NotReady", state: why!.slice(0, 2000) })
  }).pipe(Effect.scoped, Effect.provide(SecureRandom.layerWebCrypto))
)

class Acquires extends Service.make("Acquires", { success: Schema.Number }) {}

it.effect("[CL13] what a handler acquires for a request is released at its end", () =>
  Effect.gen(function* () {
    let open = 0
    const one = Effect.acquireRelease(
      Effect.sync(() => ++open),
      () => Effect.sync(() => void (open -= 1))
    )
    const context = yield* Layer.build(Acquires.toLayer(() => one))
    const random = yield* SecureRandom.SecureRandom
    const { run } = Endpoint.make(Acquires, "a", context as Context.Context<never>, random)
    for (let request = 0; request < 3; request += 1) {
      const answer = yield* run({ service: "Acquires", mode: "bytes" } as never, new Uint8Array())
      assert.deepInclude(answer, { outcome: "success", body: new TextEncoder().encode("1") })
      assert.strictEqual(open, 0)
    }
  }).pipe(Effect.scoped, Effect.provide(SecureRandom.layerWebCrypto))
)
