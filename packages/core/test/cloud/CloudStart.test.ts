/** A node that starts where the others cannot be reached. */
import { assert, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { passing } from "../passing.ts"
import { Base, Echo, startClient } from "./cloud.ts"
import { makeNetwork } from "./network.ts"

it.effect("[LM18] who reaches nobody serves after a minute, without its part in the log", () =>
  Effect.gen(function* () {
    const { block, start } = yield* makeNetwork
    yield* block(() => true)
    const [took, { node }] = yield* Effect.timed(start(7401, [7402]))
    assert.approximately(Duration.toSeconds(took), 60, 1)
    assert.include(yield* node.stats, { state: "ready", role: "replica", survives: -1 })
    const client = yield* startClient([7401], 1)
    const said = Uint8Array.of(1, 2, 3)
    assert.deepStrictEqual(yield* client.call(Echo, said), said)
  }).pipe(passing, Effect.scoped, Effect.provide(Base))
)
