/**
 * What every transport promises, as one suite: memory and TCP run it, and the next one will.
 *
 * A transport under test brings its layer, and a way to connect without being a well-behaved
 * connection: `RawNetwork`.
 */
import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Transport } from "../../src/transport/Transport.ts"
import { addresses } from "./contract/addresses.ts"
import { ends } from "./contract/ends.ts"
import { frames } from "./contract/frames.ts"
import { handlers } from "./contract/handlers.ts"
import { limits } from "./contract/limits.ts"
import type { RawNetwork, Test } from "./contract/harness.ts"

export const transportContract = (
  name: string,
  transport: Layer.Layer<Transport | RawNetwork>
): void => {
  const test: Test = (title, body, limits = Layer.empty) =>
    it.effect(title, () => Effect.provide(body, Layer.provide(transport, limits)))

  describe(`${name} keeps the contract of a transport`, () => {
    describe("frames", () => frames(test))
    describe("limits", () => limits(test))
    describe("ends", () => ends(test))
    describe("handlers and scopes", () => handlers(test))
    describe("addresses", () => addresses(test))
  })
}
