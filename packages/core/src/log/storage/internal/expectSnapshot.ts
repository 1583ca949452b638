import * as Effect from "effect/Effect"
import { Corrupt } from "../../ReplicatedLog.ts"
import type { StoredSnapshot } from "../LogStorage.ts"

type Content = Pick<StoredSnapshot, "bytes" | "digest">

/** Fails where the bytes that came are not those that were asked for. */
export const expectSnapshot = (
  found: Content,
  expected: Content | undefined
): Effect.Effect<void, Corrupt> => {
  if (expected === undefined) return Effect.void
  if (found.bytes === expected.bytes && found.digest === expected.digest) return Effect.void
  const where = `${found.bytes} bytes with SHA-256 ${found.digest}, expected ${expected.bytes} with ${expected.digest}`
  return Effect.fail(new Corrupt({ what: "a received snapshot", where }))
}
