import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { recall } from "@distri/store/apply/exactlyOnce"
import * as Checked from "@distri/store/command/Checked"
import {
  language,
  type Operation,
  type Sender,
  type UserOperation
} from "@distri/store/command/Command"
import * as CommandCodec from "@distri/store/command/CommandCodec"
import { commandMaxBytes } from "@distri/store/command/Limits"
import { Refusal, type Refused } from "@distri/store/command/Refusal"
import type { Result, Written } from "@distri/store/command/Result"
import type { State } from "@distri/store/state/State"
import { Ambiguous, ReplicatedLog, TooLarge } from "../../log/ReplicatedLog.ts"
import { Overloaded } from "../../service/Refusal.ts"
import { DatabaseFull, type WriteError } from "../DatabaseError.ts"
import type { WriteOptions } from "../Documents.ts"
import type * as Replica from "./replica.ts"
import * as WriteSession from "./writeSession.ts"

/** Soft limits, held by the node that proposes. */
export interface Limits {
  readonly maxBytes: number
  readonly maxDocuments: number
}

/** Callers have no names yet, so their keys share one space. */
const owner = "anyone"

const system = { _tag: "System" } as const

/** More results than this are not kept: who writes so fast opens a session. */
const keysMax = 1_000_000
const sessionsMax = 100_000

/** Proposes operations, and waits for what they come to on `copy`. */
export const make = Effect.fnUntraced(function* (
  copy: Effect.Success<ReturnType<typeof Replica.make>>,
  limits: Limits,
  onFull: Effect.Effect<void>
) {
  const log = yield* ReplicatedLog
  const random = yield* SecureRandom.SecureRandom

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

    const index = yield* log.append(data, { id, deadline: timeout }).pipe(
      Effect.retry({ while: isWithoutWriter, schedule: waitForWriter(timeout) }),
      Effect.tapErrorTag("Overloaded", () => onFull)
    )
    // It is in the log, so from here on a failure says nothing about the write.
    const after = yield* Effect.mapError(copy.applied(index), () => new Ambiguous({ id }))
    const result = copy.resultAt(index) ?? recall(after, sender)
    return yield* result === undefined ? new Ambiguous({ id }) : answer(result)
  })

  /** Proposes on behalf of `sender`, and gives up after `timeout`. */
  const within = (operation: Operation, sender: Sender, id: string, timeout: Duration.Input) =>
    Effect.timeoutOrElse(propose(operation, sender, id, timeout), {
      duration: timeout,
      orElse: () => Effect.fail(new Ambiguous({ id }))
    })

  /** A repeated request has the same id, and opens the same session. */
  const openSession = Effect.fnUntraced(function* (id?: string) {
    const { sessions } = yield* copy.state
    if (sessions.size >= sessionsMax)
      return yield* new Overloaded({ retryAfterMs: 5000, reason: "memory" })
    const session = id ?? (yield* random.ulid)
    yield* within({ _tag: "OpenSession", owner, session }, system, session, "10 seconds")
    return session
  })

  const write = Effect.fnUntraced(function* (
    operation: UserOperation,
    by: WriteSession.Ticket | string,
    timeout: Duration.Input
  ) {
    const named = yield* withIds(operation)
    const refused = Checked.check(named)
    if (refused !== undefined) return yield* refusal(refused)
    const sender: Sender =
      typeof by === "string"
        ? { _tag: "Key", owner, key: by, fingerprint: Checked.fingerprint(named) }
        : { _tag: "Session", ...by }
    const unknown = Checked.checkSender(sender)
    if (unknown !== undefined) return yield* refusal(unknown)
    const id = typeof by === "string" ? by : `${by.session}/${by.seq}`
    return yield* within(named, sender, id, timeout)
  })

  const inSession = WriteSession.make(openSession())
  const execute = (
    operation: UserOperation,
    { idempotencyKey, timeout = "10 seconds" }: WriteOptions = {}
  ): Effect.Effect<Written, WriteError> =>
    idempotencyKey === undefined
      ? inSession((ticket) =>
          ticket === undefined
            ? Effect.flatMap(random.ulid, (key) => write(operation, key, timeout))
            : write(operation, ticket, timeout)
        )
      : write(operation, idempotencyKey, timeout)

  return {
    execute,
    /** In a session of the caller's own. */
    executeIn: (ticket: WriteSession.Ticket, operation: UserOperation, timeout: Duration.Input) =>
      write(operation, ticket, timeout),
    openSession
  }

  /** Gives an id to each document that is added without one: applying may not draw any. */
  function withIds(operation: UserOperation): Effect.Effect<UserOperation> {
    if (operation._tag === "Batch")
      return Effect.map(Effect.forEach(operation.operations, withIds), (operations) => ({
        ...operation,
        operations: operations as typeof operation.operations
      }))
    const unnamed =
      operation._tag === "AddDocument" &&
      operation.newId === undefined &&
      operation.document["_id"] === undefined
    return unnamed
      ? Effect.map(random.ulid, (newId) => ({ ...operation, newId }))
      : Effect.succeed(operation)
  }
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

const isWithoutWriter = (error: WriteError) =>
  error._tag === "Unavailable" && error.reason === "NoLeader"

/**
 * A writer that starts, or is connected again, is worth a short wait, since nothing is in the log
 * yet: half of the caller's time, at most 3 s, so that the caller still gets the true reason.
 */
const waitForWriter = (timeout: Duration.Input) =>
  Schedule.exponential("50 millis").pipe(
    Schedule.jittered,
    Schedule.upTo({ duration: Math.min(Duration.toMillis(timeout) / 2, 3000) })
  )

const toRefusal = Schema.decodeSync(Refusal)
const refusal = (refused: Refused) => Effect.fail(toRefusal(refused))

const answer = (result: Result) =>
  result._tag === "Written" ? Effect.succeed(result) : refusal(result)
