import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { makesRoom, recall } from "@distri/store/apply/exactlyOnce"
import type { Command, Operation } from "@distri/store/command/Command"
import type { Result } from "@distri/store/command/Result"
import type { State } from "@distri/store/state/State"
import type { LogIndex } from "@distri/store/value/LogIndex"
import { Ambiguous, ReplicatedLog } from "../../log/ReplicatedLog.ts"
import { Overloaded } from "../../service/Refusal.ts"
import { DatabaseFull, type WriteError } from "../DatabaseError.ts"
import { hope, isLeaderless, isPassing, patience, persistence } from "./patience.ts"
import type * as Replica from "./replica.ts"

/** Soft limits, held by the node that proposes. */
export interface Limits {
  readonly maxBytes: number
  readonly maxDocuments: number
  /** Of results that sessions have not acknowledged. */
  readonly maxResultBytes: number
}

/** Who waits for a write. One from afar can ask another node in time, one inside has only this one. */
export type Caller = "inside" | "afar"

/** A command that was checked, as the log will hold it, and the name to ask for it again. */
export interface Proposal {
  readonly id: string
  readonly command: Command
  readonly data: Uint8Array
}

/** Where a command is in the log, or what it came to before. */
export interface Placed {
  readonly place: LogIndex | Result
  /** An earlier attempt may be in the log as well. */
  readonly inDoubt: boolean
}

/** More results than this are not kept: who writes so fast opens a session. */
const keysMax = 1_000_000

const sessionsMax = 100_000

/** Puts commands into the log, and goes on trying as long as that may help. */
export const make = Effect.fnUntraced(function* (
  copy: Effect.Success<ReturnType<typeof Replica.make>>,
  limits: Limits
) {
  const log = yield* ReplicatedLog
  return (
    proposal: Proposal,
    timeout: Duration.Input,
    caller: Caller
  ): Effect.Effect<Placed, WriteError> => {
    const { command, data, id } = proposal
    const before = copy.current()
    // Answered before: the log need not carry it again.
    const known = recall(before, command.sender)
    if (known !== undefined) return Effect.succeed({ place: known, inDoubt: false })
    const refused = room(before, command, limits)
    if (refused !== undefined) return Effect.fail(refused)
    const once = log.append(data, { id, deadline: timeout })
    // Nothing is lost by appending again: the id stays the same.
    const append = (schedule: typeof patience) =>
      Effect.catchIf(
        once,
        (error) => error._tag === "Unavailable" && isPassing(error),
        () =>
          Effect.retry(once, {
            while: (error) => error._tag === "Unavailable" && isPassing(error),
            schedule: schedule(timeout)
          })
      )
    const again = () =>
      caller === "inside"
        ? Effect.retry(append(patience), persistence(timeout))
        : Effect.retry(append(hope), {
            while: (error) => error._tag !== "Unavailable" || !isLeaderless(error),
            schedule: persistence(timeout)
          })
    return append(patience).pipe(
      Effect.map((place): Placed => ({ place, inDoubt: false })),
      Effect.catchTag("Ambiguous", () =>
        again().pipe(
          Effect.map((place): Placed => ({ place, inDoubt: true })),
          // Once an attempt may be in the log, no later refusal says that none is.
          Effect.mapError(() => new Ambiguous({ id }))
        )
      )
    )
  }
})

/** Why there is no room for a command. What lets go of something is taken all the same. */
const room = (
  state: State,
  { operation, sender }: Command,
  { maxBytes, maxDocuments, maxResultBytes }: Limits
): Overloaded | DatabaseFull | undefined => {
  const { bytes, documents, keys, resultBytes, sessions } = state
  const areMany = resultBytes >= maxResultBytes
  const share = maxResultBytes / Math.max(1, sessions.size)
  const isTooMuch =
    (sender._tag === "Key" && keys.size >= keysMax) ||
    (sender._tag === "Session" && areMany && !makesRoom(state, sender, share)) ||
    (operation._tag === "OpenSession" && (areMany || sessions.size >= sessionsMax))
  if (isTooMuch) return new Overloaded({ retryAfterMs: 5000, reason: "memory" })
  const full = documents >= maxDocuments || bytes >= maxBytes
  return full && grows(operation) ? new DatabaseFull({ bytes, documents }) : undefined
}

const growing = ["CreateCollection", "CreateIndex", "AddDocument", "UpdateDocument"]

const grows = (operation: Operation): boolean =>
  operation._tag === "Batch" ? operation.operations.some(grows) : growing.includes(operation._tag)
