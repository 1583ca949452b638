/**
 * A sequential specification: what an object answers when one operation follows another.
 *
 * A history is linearizable when its operations can be put in one order that keeps real time and in which
 * the model gives every answer that was seen.
 */
import type { Operation } from "./Operation.ts"

/**
 * What the caller learned. Wrapped, so that an answer may be `undefined`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Outcome<Output> {
  readonly value: Output
}

/**
 * Says that an outcome cannot be in this state.
 *
 * @category models
 * @since 0.1.0
 */
export const impossible: unique symbol = Symbol("impossible")

/**
 * One object, or many that are told apart by `partition`. All functions are pure and deterministic; states
 * are never changed in place.
 *
 * @category models
 * @since 0.1.0
 */
export interface Model<State, Input, Output> {
  /**
   * The state before the first operation. Called once per search, so it may hold what states share. A model
   * may look ahead in `operations`, to refuse sooner what some of them will contradict.
   */
  readonly initial: (
    partition: string,
    operations: ReadonlyArray<Operation<Input, Output>>
  ) => State
  /**
   * The state after the operation, or `impossible`. `outcome` is undefined where nobody learned it: then the
   * answer is whatever it would be in this state.
   */
  readonly step: (
    state: State,
    input: Input,
    outcome: Outcome<Output> | undefined
  ) => State | typeof impossible
  /**
   * States with the same key (as in a `Map`) are the same state. Default: the state itself, right for
   * primitives. Without it, states that are objects are never recognized: slower, and never wrong.
   */
  readonly key?: (state: State) => unknown
  /**
   * Whether this operation with this outcome changes no state in which it is possible. Default: false. Saves
   * much time where true; where it is wrong, the model fails.
   */
  readonly onlyReads?: (input: Input, outcome: Outcome<Output> | undefined) => boolean
  /** Operations of different partitions never influence each other. Default: one partition, "". */
  readonly partition?: (input: Input) => string
  /** How an operation reads in a report. Default: its input and its outcome as JSON. */
  readonly describe?: (input: Input, outcome: Outcome<Output> | undefined) => string
  /** How a state reads in a report. Default: JSON. */
  readonly describeState?: (state: State) => string
}
