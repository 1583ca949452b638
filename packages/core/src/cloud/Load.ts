/**
 * Measures how busy this process is.
 *
 * The platform knows: the delay of its event loop and the size of its heap. What runs and waits in
 * the node is counted by the node itself.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/**
 * @category services
 * @since 0.1.0
 */
export class Load extends Context.Service<
  Load,
  {
    /**
     * `eventLoopP99Ms`: 99th percentile of the event loop's delay over the last seconds.
     * `heapRatio`: used heap / its limit.
     */
    readonly sample: Effect.Effect<{ readonly eventLoopP99Ms: number; readonly heapRatio: number }>

    /** How many processors this process may use; the default capacity of a node. */
    readonly cores: number
  }
>()("@distri/core/cloud/Load") {
  /** An idle machine with one core: for tests, and for platforms that cannot tell. */
  static readonly layerNoop = Layer.succeed(
    Load,
    Load.of({ sample: Effect.succeed({ eventLoopP99Ms: 0, heapRatio: 0 }), cores: 1 })
  )
}
