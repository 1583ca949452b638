import type { Model } from "./Model.ts"
import type { Operation } from "./Operation.ts"

/** An operation, and the state of the model after it. */
export interface Placed<State, Input, Output> {
  readonly operation: Operation<Input, Output>
  readonly state: State
}

/**
 * What is known about a history. Only `Linearizable` is good news: a test fails on all others.
 *
 * - `NotLinearizable`: no order of `operations` of `partition` explains them. `prefix` is an order that
 *   explains most of them; none of `stuck` can come next in `state`, though one of them has to.
 * - `Unknown`: the steps did not suffice for `partitions`. Use smaller histories.
 * - `ModelFailed`: the model threw `cause` for `operation`, or before it came to any.
 * - `Refused`: the history cannot be, as `problem` says.
 *
 * @category models
 * @since 0.1.0
 */
export type Report<State, Input, Output> =
  | { readonly _tag: "Linearizable"; readonly steps: number }
  | {
      readonly _tag: "NotLinearizable"
      readonly steps: number
      readonly partition: string
      readonly operations: ReadonlyArray<Operation<Input, Output>>
      readonly prefix: ReadonlyArray<Placed<State, Input, Output>>
      readonly state: State
      readonly stuck: ReadonlyArray<Operation<Input, Output>>
    }
  | {
      readonly _tag: "Unknown"
      readonly steps: number
      readonly partitions: ReadonlyArray<string>
    }
  | {
      readonly _tag: "ModelFailed"
      readonly partition: string
      readonly operation: Operation<Input, Output> | undefined
      readonly state: State | undefined
      readonly cause: unknown
    }
  | { readonly _tag: "Refused"; readonly problem: string }

/**
 * @category configuration
 * @since 0.1.0
 */
export interface Options {
  /**
   * Calls of `model.step` per partition after which the answer is "unknown". Default 10,000,000: some
   * seconds, for a cheap model.
   */
  readonly maxSteps?: number
}

/**
 * Judges a history. Never throws, and never guesses.
 *
 * @category constructors
 * @since 0.1.0
 */
export const check = <State, Input, Output>(
  _model: Model<State, Input, Output>,
  _history: ReadonlyArray<Operation<Input, Output>>,
  _options: Options = {}
): Report<State, Input, Output> => ({ _tag: "Unknown", steps: 0, partitions: [] })

/**
 * A report as text: the verdict, and what a person needs to see why.
 *
 * @category models
 * @since 0.1.0
 */
export const describe = <State, Input, Output>(
  _model: Model<State, Input, Output>,
  report: Report<State, Input, Output>
): string => report._tag
