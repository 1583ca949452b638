import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Semaphore from "effect/Semaphore"
import type { SessionExpired } from "@distri/store/command/Refusal"
import { Unavailable } from "../../log/ReplicatedLog.ts"
import type { Overloaded } from "../../service/Refusal.ts"

/** One write in a session: its number, and up to which number the writer has its answers. */
export interface Ticket {
  readonly session: string
  readonly seq: number
  readonly ack: number
}

/** Under this name, given as an idempotency key, the same write can be asked about again. */
export const nameOf = ({ seq, session }: Pick<Ticket, "session" | "seq">): string =>
  `session/${session}/${seq}`

/** The ticket of that name; nothing if it is another key. Acknowledges nothing. */
export const named = (key: string): Ticket | undefined => {
  const [kind, session = "", seq = "", ...rest] = key.split("/")
  const number = Number(seq)
  const isTicket = kind === "session" && session !== "" && rest.length === 0
  return isTicket && Number.isSafeInteger(number) && number > 0
    ? { session, seq: number, ack: 0 }
    : undefined
}

/**
 * Fewer than a session may leave unacknowledged, so that none is refused for it. A write of unknown
 * outcome can be asked about again until it lies so many writes back.
 */
const pendingMax = 1000

/** Sends one write, in the time that is left. Without a ticket it goes under a key of its own. */
export type Send<A, E> = (
  ticket: Ticket | undefined,
  timeout: Duration.Duration
) => Effect.Effect<A, E>

/**
 * Numbers the writes of one writer, so that each takes effect once and the database need not keep
 * its answer for longer than the writer waits for it.
 *
 * Opened at the first write. A session that has expired is replaced, and the write is sent anew. So
 * `send` may say `SessionExpired` only where no attempt of the write can have run.
 */
export const make = <E>(
  open: (timeout: Duration.Duration) => Effect.Effect<string, E | Overloaded>
) => {
  const opening = Semaphore.makeUnsafe(1)
  const numbers = makeNumbers()
  let session: string | undefined

  const current = (timeout: Duration.Duration) =>
    Effect.suspend(() =>
      session === undefined
        ? Effect.timeoutOrElse(opening.withPermits(1)(opened(timeout)), {
            duration: timeout,
            orElse: () => Effect.fail(new Unavailable({ reason: "NoLeader" }))
          })
        : Effect.succeed<string | undefined>(session)
    )
  const opened = (timeout: Duration.Duration) =>
    Effect.suspend(() =>
      session === undefined
        ? open(timeout).pipe(
            Effect.tap((id) => Effect.sync(() => (session = id))),
            // There are too many sessions, so the write goes without.
            Effect.catchIf(isOverloaded, () => Effect.succeed<string | undefined>(undefined))
          )
        : Effect.succeed<string | undefined>(session)
    )

  const once = Effect.fnUntraced(function* <A, E2 extends { readonly _tag: string }>(
    send: Send<A, E2>,
    timeout: Duration.Duration
  ) {
    const left = yield* leftOf(timeout)
    const id = yield* current(timeout)
    if (id === undefined || numbers.areOut()) return yield* send(undefined, left())
    return yield* Effect.acquireUseRelease(
      Effect.sync(() => ({ session: id, ...numbers.take() })),
      (ticket) => send(ticket, left()),
      ({ seq }, exit) => Effect.sync(() => numbers.settle(seq, isInDoubt(exit)))
    )
  })

  return <A, E2 extends { readonly _tag: string }>(
    timeout: Duration.Input,
    send: Send<A, E2 | SessionExpired>
  ): Effect.Effect<A, E | E2 | SessionExpired | Unavailable> => {
    return Effect.flatMap(leftOf(Duration.fromInputUnsafe(timeout)), (left) =>
      Effect.catchIf(
        once(send, left()),
        (error): error is SessionExpired => (error as { _tag?: string })._tag === "SessionExpired",
        (expired) => {
          if (session === expired.session) {
            session = undefined
            numbers.forget()
          }
          return once(send, left())
        }
      )
    ) as Effect.Effect<A, E | E2 | SessionExpired | Unavailable>
  }
}

/** What is left of `timeout`, from now on. */
const leftOf = (timeout: Duration.Duration) =>
  Effect.map(Clock.Clock, (clock) => {
    const startedNanos = clock.monotonicTimeNanosUnsafe()
    return () => {
      const spent = Duration.nanos(clock.monotonicTimeNanosUnsafe() - startedNanos)
      return Duration.max(Duration.subtract(timeout, spent), Duration.zero)
    }
  })

/** The numbers of a session, and which of them still wait for an answer. */
const makeNumbers = () => {
  /** Sent and not answered, the lowest first. */
  const pending = new Set<number>()
  /** Those whose outcome nobody knows, and whose answer is not acknowledged for that. */
  const doubtful = new Set<number>()
  let next = 1
  return {
    /** So many wait behind the oldest that one more might be refused. */
    areOut: () => {
      const [oldest = next] = pending
      return next - oldest >= pendingMax
    },
    take: (): Pick<Ticket, "seq" | "ack"> => {
      const [oldest = next] = pending
      // Else one write in doubt would keep all later answers, until the session takes no more.
      for (const unknown of doubtful) if (next - unknown >= pendingMax) doubtful.delete(unknown)
      const ack = Math.min(oldest, ...doubtful) - 1
      const seq = next++
      pending.add(seq)
      return { seq, ack }
    },
    settle: (seq: number, inDoubt: boolean) => {
      pending.delete(seq)
      doubtful.delete(seq)
      if (inDoubt) doubtful.add(seq)
    },
    /** The session of the doubtful ones is gone. */
    forget: () => doubtful.clear()
  }
}

const isOverloaded = <E>(error: E | Overloaded): error is Overloaded =>
  (error as { readonly _tag?: string })._tag === "Overloaded"

const inDoubt = ["Ambiguous", "DeadlineExceeded", "UnknownOutcome"]

/** Who was interrupted will not ask again. */
const isInDoubt = (exit: Exit.Exit<unknown, { readonly _tag: string }>) =>
  Exit.isFailure(exit) &&
  exit.cause.reasons.some((reason) => reason._tag === "Fail" && inDoubt.includes(reason.error._tag))
