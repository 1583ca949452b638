import * as SecureRandom from "effect/crypto/SecureRandom"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Checked from "@distri/store/command/Checked"
import { isUserOperation, type Sender, type UserOperation } from "@distri/store/command/Command"
import type { Refused } from "@distri/store/command/Refusal"
import type { Written } from "@distri/store/command/Result"
import type { WriteError } from "../DatabaseError.ts"
import type { WriteOptions } from "../Documents.ts"
import { withIds } from "./withIds.ts"
import type * as Appending from "./appending.ts"
import * as Proposing from "./proposing.ts"
import type * as Replica from "./replica.ts"
import * as WriteSession from "./writeSession.ts"

/** Callers have no names yet, so their keys share one space. */
const owner = "anyone"

const system = { _tag: "System" } as const

/** Writes in sessions and under keys, so that each takes effect once. */
export const make = Effect.fnUntraced(function* (
  copy: Effect.Success<ReturnType<typeof Replica.make>>,
  limits: Appending.Limits
) {
  const random = yield* SecureRandom.SecureRandom

  const propose = yield* Proposing.make(copy, limits)

  /** A repeated request has the same id, and opens the same session. */
  const open = Effect.fnUntraced(function* (
    id: string | undefined,
    timeout: Duration.Input,
    caller: Appending.Caller
  ) {
    const session = id ?? (yield* random.ulid)
    const opening = { _tag: "OpenSession", owner, session } as const
    const refused = Checked.check(opening)
    if (refused !== undefined) return yield* refuse(refused)
    yield* propose.one(opening, system, session, timeout, caller)
    return session
  })

  const write = makeWrite(random, propose)

  const executeAll = Effect.fnUntraced(function* (
    commands: ReadonlyArray<Uint8Array>,
    timeout: Duration.Input
  ) {
    const read = commands.map(readCommand)
    const results = yield* propose.all(
      read.filter(Result.isSuccess).map(Result.getOrThrow),
      timeout
    )
    const next = results[Symbol.iterator]()
    return read.map((command): Result.Result<Written, WriteError> =>
      Result.isSuccess(command) ? next.next().value! : Result.fail(command.failure)
    )
  })

  const inSession = WriteSession.make((timeout) => open(undefined, timeout, "inside"))
  // It has no name yet under which another node could be asked.
  const writeUnnamed = (operation: UserOperation, timeout: Duration.Input) =>
    inSession(timeout, (ticket, left) =>
      ticket === undefined
        ? Effect.flatMap(random.ulid, (key) => write(operation, key, left, "inside"))
        : write(operation, ticket, left, "inside")
    )
  const executeFor =
    (caller: Appending.Caller) =>
    (
      operation: UserOperation,
      { idempotencyKey: key, timeout = "10 seconds" }: WriteOptions = {}
    ): Effect.Effect<Written, WriteError> =>
      key === undefined
        ? writeUnnamed(operation, timeout)
        : write(operation, WriteSession.named(key) ?? key, timeout, caller)

  return {
    execute: executeFor("inside"),
    executeFromAfar: executeFor("afar"),
    executeAll,
    openSession: (id?: string, timeout: Duration.Input = "10 seconds") => open(id, timeout, "afar")
  }
})

type Propose = Effect.Success<ReturnType<typeof Proposing.make>>

/** One write, under a key or with a number in a session. */
const makeWrite = (random: SecureRandom.SecureRandom["Service"], propose: Propose) =>
  Effect.fnUntraced(function* (
    operation: UserOperation,
    by: WriteSession.Ticket | string,
    timeout: Duration.Input,
    caller: Appending.Caller
  ) {
    const named = yield* withIds(random, operation)
    const refused = Checked.check(named)
    if (refused !== undefined) return yield* refuse(refused)
    const sender = senderOf(named, by)
    const unknown = Checked.checkSender(sender)
    if (unknown !== undefined) return yield* refuse(unknown)
    const id = typeof by === "string" ? by : WriteSession.nameOf(by)
    return yield* propose.one(named, sender, id, timeout, caller)
  })

const senderOf = (operation: UserOperation, by: WriteSession.Ticket | string): Sender =>
  typeof by === "string"
    ? { _tag: "Key", owner, key: by, fingerprint: Checked.fingerprint(operation) }
    : { _tag: "Session", ...by }

const refuse = (refused: Refused) => Effect.fromResult(Proposing.refusal(refused))

/** A command as its caller encoded it: a user's, and in a session of the caller's own. */
const readCommand = (data: Uint8Array): Result.Result<Appending.Proposal, WriteError> =>
  Result.flatMap(Proposing.decode(data), (command) => {
    const { operation, sender } = command
    if (sender._tag !== "Session" || !isUserOperation(operation))
      return Proposing.refusal({
        _tag: "InvalidCommand",
        path: sender._tag === "Session" ? "operation" : "sender",
        issue: "this is how users write in their sessions, and nothing else is written so"
      })
    const refused = Checked.check(operation) ?? Checked.checkSender(sender)
    return refused === undefined
      ? Result.succeed({ id: WriteSession.nameOf(sender), command, data })
      : Proposing.refusal(refused)
  })
