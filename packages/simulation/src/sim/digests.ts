/** Asks every node for the digest of its state, again and again until all say the same. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type { AnyOptions } from "./Options.ts"
import type { Digest } from "./Check.ts"
import type { Machine } from "./Machine.ts"
import type { Stage } from "./Stage.ts"

/** Who is behind has so many times a second to come up. */
const triesMax = 10

export const digestsOf = (
  stage: Stage,
  digest: NonNullable<AnyOptions["digest"]>
): ReadonlyMap<string, Digest> => {
  let digests = once(stage, digest)
  for (let tries = 1; tries < triesMax && !areOne(digests); tries++) {
    stage.advance(1_000)
    digests = once(stage, digest)
  }
  return digests
}

const areOne = (digests: ReadonlyMap<string, Digest>): boolean => {
  const all = [...digests.values()]
  return all.every(Result.isSuccess) && new Set(all.map(Result.getOrThrow)).size === 1
}

const once = (
  stage: Stage,
  digest: NonNullable<AnyOptions["digest"]>
): ReadonlyMap<string, Digest> => {
  const asked = stage.nodes.map((node) => ({ name: node.name, answer: ask(node, digest) }))
  stage.advance(1_000, () => asked.every(({ answer }) => answer() !== undefined))
  return new Map(
    asked.map(({ name, answer }) => [name, answer() ?? Result.fail("it does not answer")])
  )
}

/** What the node says, once it has said something. */
const ask = (
  node: Machine,
  digest: NonNullable<AnyOptions["digest"]>
): (() => Digest | undefined) => {
  const { services } = node
  const fiber = services === undefined ? undefined : node.more(Effect.provide(digest, services))
  if (fiber === undefined) return () => Result.fail("it is not built")
  return () => {
    const exit = fiber.pollUnsafe()
    if (exit === undefined) return undefined
    return Exit.isSuccess(exit) ? Result.succeed(exit.value) : Result.fail(Cause.pretty(exit.cause))
  }
}
