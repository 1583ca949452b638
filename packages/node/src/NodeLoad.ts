/**
 * Measures how busy this Node.js process is, for placement and admission.
 *
 * The delay of the event loop is the 99th percentile of about the last five seconds. A histogram has
 * no memory of time, so two of them take turns: every half span the older one starts anew, and a
 * sample reads the one that has collected longer.
 *
 * **Gotchas**: Node.js records the time between two ticks of a timer, so an idle process would show
 * the timer's interval; it is taken off. A single long stall is one tick among hundreds and does not
 * show: the figure is for load that lasts.
 */
import { Load } from "@distri/core/cloud/Load"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as os from "node:os"
import * as perfHooks from "node:perf_hooks"
import * as v8 from "node:v8"

const halfSpan = Duration.millis(2500)
const intervalMs = 10
const nanosPerMs = 1e6

const makeHistogram = Effect.acquireRelease(
  Effect.sync(() => {
    const histogram = perfHooks.monitorEventLoopDelay({ resolution: intervalMs })
    histogram.enable()
    return histogram
  }),
  (histogram) => Effect.sync(() => histogram.disable())
)

const make = Effect.gen(function* () {
  let older = yield* makeHistogram
  let younger = yield* makeHistogram
  yield* Effect.sync(() => {
    older.reset()
    ;[older, younger] = [younger, older]
  }).pipe(Effect.delay(halfSpan), Effect.forever, Effect.forkScoped)

  return Load.of({
    sample: Effect.sync(() => {
      const heap = v8.getHeapStatistics()
      const tickMs = older.count === 0 ? 0 : older.percentile(99) / nanosPerMs
      return {
        eventLoopP99Ms: Math.max(0, tickMs - intervalMs),
        heapRatio: heap.used_heap_size / heap.heap_size_limit
      }
    }),
    cores: os.availableParallelism()
  })
})

/**
 * @category layers
 * @since 0.1.0
 */
export const layer: Layer.Layer<Load> = Layer.effect(Load, make)
