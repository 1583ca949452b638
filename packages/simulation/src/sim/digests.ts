/** Asks each node for the digest of its state, again and again until all say the same. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type { AnyOptions } from "./Options.ts"
import type { Stage } from "./Stage.ts"

/** Who is behind has so many times a second to come up. */
const triesMax = 10

export const digestsOf = (
  stage: Stage,
  digest: NonNullable<AnyOptions["digest"]>
): ReadonlyMap<string, string> => {
  let digests = once(stage, digest)
  for (let tries = 1; tries < triesMax && new Set(digests.values()).size > 1; tries++) {
    stage.advance(1_000)
    digests = once(stage, digest)
  }
  return digests
}

const once = (
  stage: Stage,
  digest: NonNullable<AnyOptions["digest"]>
): ReadonlyMap<string, string> => {
  const asked = stage.nodes.flatMap((node) => {
    const { name, services } = node
    if (services === undefined) return []
    const fiber = node.more(Effect.provide(digest, services))
    return fiber === undefined ? [] : [{ name, fiber }]
  })
  stage.advance(1_000, () => asked.every(({ fiber }) => fiber.pollUnsafe() !== undefined))
  return new Map(
    asked.map(({ name, fiber }) => {
      const exit = fiber.pollUnsafe()
      if (exit === undefined) return [name, "no answer"]
      return [name, Exit.isSuccess(exit) ? exit.value : Cause.pretty(exit.cause)]
    })
  )
}
