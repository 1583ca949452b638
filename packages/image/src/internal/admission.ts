/**
 * Bounds how many jobs run, how many wait, and how much memory they take together (IM8).
 *
 * A job counts from the call until its last step has ended, which for a decoder that cannot be
 * stopped is after its caller has gone. Memory is reserved in two parts: what the caller brought
 * when the job is admitted, and what the work needs when it starts and knows.
 */
import { Overloaded } from "@distri/core/service/Refusal"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Semaphore from "effect/Semaphore"
import { JobTooLarge } from "../ImageError.ts"

export interface Limits {
  readonly concurrency: number
  readonly waitingMax: number
  readonly memoryMaxBytes: number
}

/** Takes `bytes` more for this job, until it ends. */
export type Reserve = (bytes: number) => Effect.Effect<void, Overloaded | JobTooLarge>

export interface Admission {
  readonly run: <A, E, R>(
    heldBytes: number,
    job: (reserve: Reserve) => Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E | Overloaded | JobTooLarge, R>

  /** What is taken right now. */
  readonly taken: () => { readonly jobs: number; readonly bytes: number }
}

const retryMinMs = 50
const retryMaxMs = 5000

export const make = (limits: Limits): Admission => {
  const running = Semaphore.makeUnsafe(limits.concurrency)
  const jobsMax = limits.concurrency + limits.waitingMax
  let jobs = 0
  let bytes = 0
  let usualMs = retryMinMs

  const refuse = (reason: "queue" | "memory") =>
    Effect.fail(
      new Overloaded({
        reason,
        // The time until the jobs that are here now have ended, as far as the past tells.
        retryAfterMs: Math.min(
          retryMaxMs,
          Math.max(retryMinMs, (usualMs * jobs) / limits.concurrency)
        )
      })
    )

  interface Ticket {
    bytes: number
  }

  const reserveFor = (ticket: Ticket, more: number) =>
    Effect.suspend((): Effect.Effect<void, Overloaded | JobTooLarge> => {
      const needBytes = ticket.bytes + more
      if (needBytes > limits.memoryMaxBytes) {
        return Effect.fail(new JobTooLarge({ needBytes, maxBytes: limits.memoryMaxBytes }))
      }
      if (bytes + more > limits.memoryMaxBytes) return refuse("memory")
      bytes += more
      ticket.bytes += more
      return Effect.void
    })

  const enter = (heldBytes: number) =>
    Effect.suspend((): Effect.Effect<Ticket, Overloaded | JobTooLarge> => {
      if (jobs >= jobsMax) return refuse("queue")
      const ticket: Ticket = { bytes: 0 }
      return Effect.map(reserveFor(ticket, heldBytes), () => {
        jobs++
        return ticket
      })
    })

  const leave = (ticket: Ticket) =>
    Effect.sync(() => {
      jobs--
      bytes -= ticket.bytes
    })

  const timed = <A, E, R>(job: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const start = yield* Clock.monotonicTimeNanos
      const result = yield* job
      const tookMs = Number((yield* Clock.monotonicTimeNanos) - start) / 1_000_000
      usualMs += (tookMs - usualMs) / 8
      return result
    })

  return {
    taken: () => ({ jobs, bytes }),
    run: (heldBytes, job) =>
      Effect.acquireUseRelease(
        enter(heldBytes),
        (ticket) => running.withPermit(timed(job((more) => reserveFor(ticket, more)))),
        leave
      )
  }
}
