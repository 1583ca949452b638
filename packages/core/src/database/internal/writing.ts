import * as SecureRandom from "effect/crypto/SecureRandom"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Checked from "@distri/store/command/Checked"
import type { Sender, UserOperation } from "@distri/store/command/Command"
import type { Written } from "@distri/store/command/Result"
import { Overloaded } from "../../service/Refusal.ts"
import type { WriteError } from "../DatabaseError.ts"
import type { WriteOptions } from "../Documents.ts"
import * as Proposing from "./proposing.ts"
import type * as Replica from "./replica.ts"
import * as WriteSession from "./writeSession.ts"

/** Callers have no names yet, so their keys share one space. */
const owner = "anyone"

const system = { _tag: "System" } as const

const sessionsMax = 100_000

/** Writes in sessions and under keys, so that each takes effect once. */
export const make = Effect.fnUntraced(function* (
  copy: Effect.Success<ReturnType<typeof Replica.make>>,
  limits: Proposing.Limits,
  onFull: Effect.Effect<void>
) {
  const random = yield* SecureRandom.SecureRandom

  const within = yield* Proposing.make(copy, limits, onFull)

  /** A repeated request has the same id, and opens the same session. */
  const openSession = Effect.fnUntraced(function* (
    id?: string,
    timeout: Duration.Input = "10 seconds"
  ) {
    const { sessions } = yield* copy.state
    if (sessions.size >= sessionsMax)
      return yield* new Overloaded({ retryAfterMs: 5000, reason: "memory" })
    const session = id ?? (yield* random.ulid)
    yield* within({ _tag: "OpenSession", owner, session }, system, session, timeout)
    return session
  })

  const write = Effect.fnUntraced(function* (
    operation: UserOperation,
    by: WriteSession.Ticket | string,
    timeout: Duration.Input
  ) {
    const named = yield* withIds(operation)
    const refused = Checked.check(named)
    if (refused !== undefined) return yield* Proposing.refusal(refused)
    const sender: Sender =
      typeof by === "string"
        ? { _tag: "Key", owner, key: by, fingerprint: Checked.fingerprint(named) }
        : { _tag: "Session", ...by }
    const unknown = Checked.checkSender(sender)
    if (unknown !== undefined) return yield* Proposing.refusal(unknown)
    const id = typeof by === "string" ? by : WriteSession.nameOf(by)
    return yield* within(named, sender, id, timeout)
  })

  const inSession = WriteSession.make((timeout) => openSession(undefined, timeout))
  const execute = (
    operation: UserOperation,
    { idempotencyKey, timeout = "10 seconds" }: WriteOptions = {}
  ): Effect.Effect<Written, WriteError> =>
    idempotencyKey === undefined
      ? inSession(timeout, (ticket, left) =>
          ticket === undefined
            ? Effect.flatMap(random.ulid, (key) => write(operation, key, left))
            : write(operation, ticket, left)
        )
      : write(operation, WriteSession.named(idempotencyKey) ?? idempotencyKey, timeout)

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
