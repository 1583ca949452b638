import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import type { SessionExpired } from "@distri/store/command/Refusal"

/** One write in a session: its number, and up to which number the writer has its answers. */
export interface Ticket {
  readonly session: string
  readonly seq: number
  readonly ack: number
}

/** Fewer than a session may leave unacknowledged, so that none is refused for it. */
const pendingMax = 1000

/**
 * Numbers the writes of one writer, so that each takes effect once and the database need not keep
 * its answer for longer than the writer waits for it.
 *
 * Opened at the first write. A session that has expired is replaced: what it had in flight ran
 * within the last hour or never, and an hour is longer than any write waits.
 */
export const make = <E>(open: Effect.Effect<string, E>) => {
  const opening = Semaphore.makeUnsafe(1)
  /** The numbers that wait for an answer, the lowest first. */
  const pending = new Set<number>()
  let session: string | undefined
  let next = 1

  const current = Effect.suspend(() =>
    session === undefined
      ? opening.withPermits(1)(
          Effect.suspend(() =>
            session === undefined
              ? Effect.tap(open, (opened) => Effect.sync(() => (session = opened)))
              : Effect.succeed(session)
          )
        )
      : Effect.succeed(session)
  )

  /** Sends one write; without a ticket when too many wait already. */
  const once = Effect.fnUntraced(function* <A, E2>(
    send: (ticket: Ticket | undefined) => Effect.Effect<A, E2>
  ) {
    const id = yield* current
    const [oldest = next] = pending
    if (next - oldest >= pendingMax) return yield* send(undefined)
    const seq = next++
    pending.add(seq)
    // Who gives up will not ask again, so its answer need not be kept either.
    return yield* Effect.ensuring(
      send({ session: id, seq, ack: oldest - 1 }),
      Effect.sync(() => pending.delete(seq))
    )
  })

  return <A, E2 extends { readonly _tag: string }>(
    send: (ticket: Ticket | undefined) => Effect.Effect<A, E2 | SessionExpired>
  ): Effect.Effect<A, E | E2 | SessionExpired> =>
    Effect.catchIf(
      once(send),
      (error): error is SessionExpired => (error as { _tag?: string })._tag === "SessionExpired",
      (expired) => {
        if (session === expired.session) session = undefined
        return once(send)
      }
    ) as Effect.Effect<A, E | E2 | SessionExpired>
}
