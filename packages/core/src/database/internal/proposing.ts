import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { recall } from "@distri/store/apply/exactlyOnce"
import { language, type Operation, type Sender } from "@distri/store/command/Command"
import * as CommandCodec from "@distri/store/command/CommandCodec"
import { commandMaxBytes } from "@distri/store/command/Limits"
import { Refusal, type Refused } from "@distri/store/command/Refusal"
import type { Result } from "@distri/store/command/Result"
import type { State } from "@distri/store/state/State"
import { Ambiguous, ReplicatedLog, TooLarge } from "../../log/ReplicatedLog.ts"
import { Overloaded } from "../../service/Refusal.ts"
import { inTimeMs, isPassing, patience, persistence } from "./patience.ts"
import { DatabaseFull } from "../DatabaseError.ts"
import type * as Replica from "./replica.ts"

/** Soft limits, held by the node that proposes. */
export interface Limits {
  readonly maxBytes: number
  readonly maxDocuments: number
}

/** More results than this are not kept: who writes so fast opens a session. */
const keysMax = 1_000_000

/** Puts operations into the log, and waits for what they come to on `copy`. */
export const make = Effect.fnUntraced(function* (
  copy: Effect.Success<ReturnType<typeof Replica.make>>,
  limits: Limits,
  onFull: Effect.Effect<void>
) {
  const log = yield* ReplicatedLog

  const propose = Effect.fnUntraced(function* (
    operation: Operation,
    sender: Sender,
    id: string,
    timeout: Duration.Input
  ) {
    yield* copy.running
    const before = yield* copy.state
    // Answered before: the log need not carry it again.
    const known = recall(before, sender)
    if (known !== undefined) return yield* answer(known)
    yield* room(before, operation, sender, limits)
    const data = CommandCodec.encode({ language, sender, operation })
    if (data.length > commandMaxBytes)
      return yield* new TooLarge({ bytes: data.length, maxBytes: commandMaxBytes })
    // What no node could read back would stop all of them, for good.
    const decoded = CommandCodec.decode(data)
    if (decoded._tag === "Unsupported")
      return yield* refusal({ _tag: "InvalidCommand", path: "", issue: decoded.issue })

    // Nothing is lost by appending again: the id stays the same.
    const append = Effect.retry(log.append(data, { id, deadline: timeout }), {
      while: (error) => error._tag === "Unavailable" && isPassing(error),
      schedule: patience(timeout)
    })
    const index = yield* append.pipe(
      Effect.tapErrorTag("Overloaded", () => onFull),
      Effect.catchTag("Ambiguous", () =>
        Effect.retry(append, persistence(timeout)).pipe(
          // Once an attempt may be in the log, no later refusal says that none is.
          Effect.mapError(() => new Ambiguous({ id }))
        )
      )
    )
    // It is in the log, so from here on a failure says nothing about the write.
    const after = yield* Effect.mapError(copy.applied(index), () => new Ambiguous({ id }))
    const result = copy.resultAt(index) ?? recall(after, sender)
    return yield* result === undefined ? new Ambiguous({ id }) : answer(result)
  })

  /** Proposes on behalf of `sender`, and gives up after `timeout`. */
  return (operation: Operation, sender: Sender, id: string, timeout: Duration.Input) =>
    Effect.timeoutOrElse(propose(operation, sender, id, timeout), {
      duration: inTimeMs(timeout),
      orElse: () => Effect.fail(new Ambiguous({ id }))
    })
})

const room = (
  { bytes, documents, keys }: State,
  operation: Operation,
  sender: Sender,
  { maxBytes, maxDocuments }: Limits
) => {
  if (sender._tag === "Key" && keys.size >= keysMax)
    return Effect.fail(new Overloaded({ retryAfterMs: 5000, reason: "memory" }))
  const full = documents >= maxDocuments || bytes >= maxBytes
  return full && grows(operation)
    ? Effect.fail(new DatabaseFull({ bytes, documents }))
    : Effect.void
}

const growing = ["CreateCollection", "CreateIndex", "AddDocument", "UpdateDocument"]

const grows = (operation: Operation): boolean =>
  operation._tag === "Batch" ? operation.operations.some(grows) : growing.includes(operation._tag)

const toRefusal = Schema.decodeSync(Refusal)
export const refusal = (refused: Refused) => Effect.fail(toRefusal(refused))

const answer = (result: Result) =>
  result._tag === "Written" ? Effect.succeed(result) : refusal(result)
