/**
 * Reports this node to the others, often enough and not more.
 *
 * One fiber sleeps until the next report is due; a signal may wake it earlier. When is decided in
 * `pure/UpdateSchedule`.
 *
 * **Gotchas**
 *
 * - `broadcast` hands the report to connections and does not wait for slow ones: after a second,
 *   or when a more urgent report waits, it is interrupted; the next one names the collections again.
 * - A connection that opens later gets a whole report from whoever greets it.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import * as Layer from "effect/Layer"
import { Halt } from "../Halt.ts"
import * as Schedule from "./pure/UpdateSchedule.ts"
import { UpdateInfo } from "./UpdateInfo.ts"

const broadcastMax = "1 second"

/**
 * What may call for a report.
 *
 * @category models
 * @since 0.1.0
 */
export type Signal = Schedule.Signal

/**
 * @category services
 * @since 0.1.0
 */
export class UpdateScheduler extends Context.Service<
  UpdateScheduler,
  {
    /** Something changed. Returns at once; many signals make one report. */
    readonly signal: (signal: Signal) => Effect.Effect<void>
  }
>()("@distri/core/cloud/UpdateScheduler") {
  /**
   * - `current`: the report as of now, with a `seq` of its own and with all collections.
   * - `broadcast`: hands a report to everyone who should have it.
   */
  static readonly layer = (options: {
    readonly current: Effect.Effect<UpdateInfo>
    readonly broadcast: (info: UpdateInfo) => Effect.Effect<void>
  }) =>
    Layer.effect(
      UpdateScheduler,
      Effect.gen(function* () {
        const halt = yield* Halt
        const wake = yield* Latch.make()
        const hurry = yield* Latch.make()
        let state = Schedule.initial

        const now = Effect.map(Clock.monotonicTimeNanos, (nanos) => Number(nanos) / 1_000_000)

        const report = Effect.gen(function* () {
          state = Schedule.reporting(state, yield* now)
          const info = yield* options.current
          const whole = Schedule.lacks(state, info)
          const done = yield* options
            .broadcast(whole ? info : UpdateInfo.withoutCollections(info))
            .pipe(
              Effect.as(true),
              Effect.raceFirst(Effect.as(hurry.await, false)),
              Effect.timeoutOrElse({ duration: broadcastMax, orElse: () => Effect.succeed(false) })
            )
          state = done ? Schedule.sent(state, info) : Schedule.lost(state)
        })

        yield* Effect.gen(function* () {
          // Closed before the look at the state: a signal after it opens them again.
          yield* wake.close
          yield* hurry.close
          const waitMs = Schedule.dueAtMs(state) - (yield* now)
          if (waitMs <= 0) return yield* report
          yield* Effect.timeoutOption(wake.await, waitMs)
        }).pipe(Effect.forever, halt.guard, Effect.forkScoped)

        return UpdateScheduler.of({
          signal: (signal) =>
            Effect.suspend(() => {
              const dueAtMs = Schedule.dueAtMs(state)
              state = Schedule.signalled(state, signal)
              if (state.need === "now") return Effect.andThen(wake.open, hurry.open)
              // Most signals change nothing, and who sleeps until then may sleep on.
              return Schedule.dueAtMs(state) === dueAtMs ? Effect.void : wake.open
            })
        })
      })
    )
}
