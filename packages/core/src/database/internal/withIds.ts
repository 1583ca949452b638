import type * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import type { UserOperation } from "@distri/store/command/Command"

/** Gives an id to each document that is added without one: applying may not draw any. */
export const withIds = (
  random: SecureRandom.SecureRandom["Service"],
  operation: UserOperation
): Effect.Effect<UserOperation> => {
  if (operation._tag === "Batch")
    return Effect.map(
      Effect.forEach(operation.operations, (single) => withIds(random, single)),
      (operations) => ({ ...operation, operations: operations as typeof operation.operations })
    )
  const unnamed =
    operation._tag === "AddDocument" &&
    operation.newId === undefined &&
    operation.document["_id"] === undefined
  return unnamed
    ? Effect.map(random.ulid, (newId) => ({ ...operation, newId }))
    : Effect.succeed(operation)
}
