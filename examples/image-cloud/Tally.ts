/**
 * Counts the tasks of a load test: how many were done, how long each answer took, what went wrong.
 *
 * A task that is never reported as done has failed, whatever the reason.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"

export class Tally {
  /** Tasks that will be tried. */
  readonly tasks: number
  done = 0
  /** Tasks whose end is known: done, or given up. */
  ended = 0
  private readonly responsesMs: Array<number> = []
  private readonly reasons = new Map<string, number>()

  constructor(tasks: number) {
    this.tasks = tasks
  }

  get failed() {
    return this.tasks - this.done
  }

  /** Runs `call` and notes how long the answer took. */
  timed<A, E, R>(call: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> {
    return Effect.gen({ self: this }, function* () {
      const start = yield* Clock.monotonicTimeNanos
      const answer = yield* call
      this.responsesMs.push(Number((yield* Clock.monotonicTimeNanos) - start) / 1e6)
      return answer
    })
  }

  /** Counts `task` as done when it succeeds, and notes why when it does not. Says which it was. */
  counted<E extends { readonly message: string }, R>(
    task: Effect.Effect<unknown, E, R>
  ): Effect.Effect<boolean, never, R> {
    return Effect.match(task, {
      onSuccess: () => {
        this.done++
        this.ended++
        return true
      },
      onFailure: ({ message }) => {
        this.ended++
        this.reasons.set(message, (this.reasons.get(message) ?? 0) + 1)
        return false
      }
    })
  }

  /** The response times in ms. All 0 when nothing was answered. */
  responses() {
    const sorted = Float64Array.from(this.responsesMs).toSorted()
    const at = (quantile: number) =>
      sorted[Math.min(sorted.length - 1, Math.floor(quantile * sorted.length))] ?? 0
    const sum = sorted.reduce((total, ms) => total + ms, 0)
    return { avgMs: sum / Math.max(1, sorted.length), p50Ms: at(0.5), p99Ms: at(0.99) }
  }

  /** The most frequent reasons, as `count x reason`. */
  whyFailed(most = 5): ReadonlyArray<string> {
    return [...this.reasons]
      .toSorted(([, a], [, b]) => b - a)
      .slice(0, most)
      .map(([reason, count]) => `${count} x ${reason}`)
  }
}
