import { assert, it } from "@effect/vitest"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import { CloudUnreachable, UnknownOutcome } from "../../src/client/CallError.ts"
import * as Remote from "../../src/client/internal/documents.ts"
import { CursorElsewhere } from "../../src/database/DatabaseError.ts"
import { DeadlineExceeded, Draining, NotReady } from "../../src/service/Refusal.ts"
import { address } from "../cloud/cloud.ts"

const [service, node] = ["ReadCollection", "home"]

it.effect.each([
  [new CloudUnreachable({ service, tried: [] }), "CursorExpired"],
  [new Draining({ node }), "CursorExpired"],
  [new NotReady({ node, state: "starting" }), "CursorExpired"],
  [new UnknownOutcome({ service, node }), "CursorExpired"],
  [new DeadlineExceeded({ service, started: true }), "DeadlineExceeded"]
] as const)("[DB19] a snapshot whose node answers %s is %s", ([answer, expected]) =>
  Effect.gen(function* () {
    const call = ((_service, _payload, { node } = {}) =>
      Effect.fail(
        node === undefined ? new CursorElsewhere({ home: address(7401) }) : answer
      )) as Remote.Call
    const { read } = yield* Remote.make(call, () => Effect.never)
    const error = yield* Effect.flip(read({ collection: "a" }, { cursor: "c" }))
    assert.strictEqual(error._tag, expected)
  }).pipe(Effect.scoped, Effect.provide(SecureRandom.layerWebCrypto))
)

it.effect("[DB19] a snapshot is read on when only the connection to its node was lost", () =>
  Effect.gen(function* () {
    const page = { found: [], version: 7 }
    let lost = 1
    const call = ((_service, _payload, { node } = {}) => {
      if (node === undefined) return Effect.fail(new CursorElsewhere({ home: address(7401) }))
      return Effect.suspend(() =>
        lost-- > 0
          ? Effect.fail(new UnknownOutcome({ service, node: "home" }))
          : Effect.succeed(page)
      )
    }) as Remote.Call
    const { read } = yield* Remote.make(call, () => Effect.never)
    assert.strictEqual((yield* read({ collection: "a" }, { cursor: "c" })).version, page.version)
  }).pipe(Effect.scoped, Effect.provide(SecureRandom.layerWebCrypto))
)
