/** What a run tells. */
import type { Operation } from "../checker/Operation.ts"
import type { Fault } from "./Fault.ts"

/**
 * A rule that did not hold.
 *
 * @category models
 * @since 0.1.0
 */
export interface Broken {
  readonly rule: string
  readonly detail: string
  /** Simulated milliseconds since the start. */
  readonly atMs: number
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Report<Input = unknown, Output = unknown> {
  readonly seed: number
  readonly interleave: number
  readonly nodes: number
  readonly clients: number
  /** Empty when all is well. */
  readonly broken: ReadonlyArray<Broken>
  /** Over all events, in order. Two runs with the same hash are taken for the same run. */
  readonly hash: string
  readonly events: number
  readonly simulatedMs: number
  /** The most rounds of `untilEnd` that one client began. */
  readonly rounds: number
  /** The last 50 that a reader wants, as lines. */
  readonly lastEvents: ReadonlyArray<string>
  /** What the clients recorded. */
  readonly history: ReadonlyArray<Operation<Input, Output>>
  readonly faults: ReadonlyArray<Fault>
}
