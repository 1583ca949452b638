import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { search } from "./crashSearch.ts"

it.effect(
  "[WA1] [WA2] [WA3] [WA5] [WA8] [WA9] what was acknowledged survives a crash at any point",
  () =>
    Effect.gen(function* () {
      assert.isUndefined(yield* search(250))
    }),
  60_000
)

for (const [name, rule] of [
  ["tornTailAccepted", "WA5"],
  ["noDirectorySync", "WA9"],
  ["failedSyncRetried", "WA7"]
] as const) {
  it.effect(
    `[${rule}] [SIM8] the search finds the build with ${name}`,
    () =>
      Effect.gen(function* () {
        assert.isString(yield* search(200, { [name]: true }))
      }),
    60_000
  )
}
