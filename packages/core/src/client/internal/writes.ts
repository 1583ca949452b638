/**
 * Sends the writes that begin in one turn together: a request costs much more than a write.
 *
 * Each stays what it is by itself: its number in the session makes it take effect once, whatever
 * happens to the others, and the call that carries it may be repeated for all of them.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Latch from "effect/Latch"
import type { Written } from "@distri/store/command/Result"
import type { WriteError } from "../../database/DatabaseError.ts"
import { ExecuteAll } from "../../service/DatabaseServices.ts"
import { DeadlineExceeded } from "../../service/Refusal.ts"
import { type CallError, CloudUnreachable, UnknownOutcome } from "../CallError.ts"
import * as Doubt from "./doubt.ts"
import type { Answered, Ask } from "./documents.ts"

/** Of many that begin together, some are on their way while the first are answered. */
const requestMax = 32
/** So much still travels in the frame of its request. A larger write goes alone. */
const requestMaxBytes = 60 * 1024
/** Writes whose time ends so close together, in ms and of what they have, share the earlier deadline. */
const sameMs = 100
const sameShare = 0.05

type Failure = WriteError | CallError

interface Write {
  /** Names the write, to ask about it again. */
  readonly key: string
  readonly command: Uint8Array
  readonly timeoutMs: number
  /** Undefined once nobody waits any more. */
  answer: ((answer: Effect.Effect<Written, Failure>) => void) | undefined
  /** Ends the request that carries it, if nobody waits for any of its writes. */
  abandon: Effect.Effect<void>
}

/** Runs with the scope. Returns what sends one write, encoded as a command, and waits for its answer. */
export const make = Effect.fnUntraced(function* (ask: Ask) {
  const wake = Latch.makeUnsafe(false)
  let begun: Array<Write> = []
  let isClosed = false

  const send = (writes: ReadonlyArray<Write>) => {
    const commands = writes.map(({ command }) => command)
    const timeout = writes.reduce((least, { timeoutMs }) => Math.min(least, timeoutMs), Infinity)
    return ask(ExecuteAll, { commands }, { timeout }).pipe(
      // Whatever ends the request, nobody may go on waiting.
      Effect.onExit((exit) =>
        Effect.sync(() => {
          for (const [at, write] of writes.entries()) write.answer?.(answerOf(exit, at, write))
        })
      ),
      Effect.exit
    )
  }

  // At once: who is interrupted before it has begun would not answer anybody.
  const request = (writes: ReadonlyArray<Write>) =>
    Effect.map(Effect.forkChild(send(writes), { startImmediately: true }), (fiber) => {
      const abandon = Effect.suspend(() =>
        writes.some(isAwaited) ? Effect.void : Fiber.interrupt(fiber)
      )
      for (const write of writes) write.abandon = abandon
    })

  yield* Effect.addFinalizer(() =>
    Effect.sync(() => {
      isClosed = true
      for (const { answer } of begun) answer?.(closed)
    })
  )
  yield* Effect.andThen(wake.await, () => {
    wake.closeUnsafe()
    // Whoever else begins in this turn comes along.
    return Effect.andThen(
      Effect.yieldNow,
      Effect.uninterruptible(
        Effect.suspend(() => {
          const writes = begun.filter(isAwaited)
          begun = []
          return Effect.forEach(groups(writes), request, { discard: true })
        })
      )
    )
  }).pipe(Effect.forever, Effect.forkScoped)

  return (key: string, command: Uint8Array, timeoutMs: number) =>
    Effect.callback<Written, Failure>((resume) => {
      if (isClosed) return resume(closed)
      const write: Write = { key, command, timeoutMs, answer: resume, abandon: Effect.void }
      begun.push(write)
      wake.openUnsafe()
      return Effect.suspend(() => {
        write.answer = undefined
        return write.abandon
      })
    })
})

const service = ExecuteAll._tag

const isAwaited = ({ answer }: Write): boolean => answer !== undefined

/** In the order in which they began, as far as sizes and deadlines let them go together. */
const groups = (writes: ReadonlyArray<Write>): ReadonlyArray<ReadonlyArray<Write>> => {
  const found: Array<Array<Write>> = []
  let bytes = 0
  for (const write of writes) {
    const last = found.at(-1)
    bytes += write.command.length
    const fits =
      last !== undefined &&
      last.length < requestMax &&
      bytes <= requestMaxBytes &&
      isClose(last[0]!.timeoutMs, write.timeoutMs)
    if (fits) last.push(write)
    else {
      found.push([write])
      bytes = write.command.length
    }
  }
  return found
}

const isClose = (one: number, other: number): boolean =>
  Math.abs(one - other) <= Math.min(sameMs, sameShare * Math.max(one, other))

const answerOf = (
  exit: Exit.Exit<Answered<typeof ExecuteAll>, Failure>,
  at: number,
  { key }: Write
): Effect.Effect<Written, Failure> => {
  if (Exit.isSuccess(exit)) {
    const { doubt, value } = exit.value
    const outcome = value[at]
    if (outcome?._tag === "Written") return Exit.succeed(outcome)
    return outcome === undefined
      ? unknown(key, "a node that answered less than it was asked")
      : Exit.fail(named(Doubt.outcomeOf(service, { doubt }, outcome), key))
  }
  const { cause } = exit
  if (Cause.hasInterruptsOnly(cause)) return unknown(key, "this client")
  return Exit.failCause(Cause.map(cause, (error) => named(error, key)))
}

const unknown = (idempotencyKey: string, node: string) =>
  Exit.fail(new UnknownOutcome({ service, node, idempotencyKey }))

/** Of a client that has ended. */
const closed = Exit.fail(new CloudUnreachable({ service, tried: [] }))

/** What ended the request, as it is to be told about one of its writes. */
const named = (error: Failure, key: string): Failure => {
  if (error._tag === "UnknownOutcome")
    return new UnknownOutcome({ service: error.service, node: error.node, idempotencyKey: key })
  if (error._tag === "DeadlineExceeded")
    return new DeadlineExceeded({
      service: error.service,
      started: error.started,
      idempotencyKey: key
    })
  return error
}
