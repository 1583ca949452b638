import * as Effect from "effect/Effect"
import { Database } from "../../database/Database.ts"
import { ReplicatedLog } from "../../log/ReplicatedLog.ts"

/**
 * Which version of which log this node's database has, as it tells its callers. A node names no log
 * before it has found one, or once its copy has stopped: no caller may take a dead log for the one that
 * counts now. It may give one up and follow another, so each answer asks anew.
 */
export const databaseVersion = Effect.gen(function* () {
  const { running, version } = yield* Database
  const { identity } = yield* ReplicatedLog
  const followed = Effect.match(Effect.andThen(running, identity), {
    onSuccess: (id): string => id,
    onFailure: () => ""
  })
  return Effect.zipWith(followed, version, (log, version) => ({ log, version }))
})
