/** What a run is judged by, beside what is always looked at: programs that fail, strays, budgets. */
import * as Linearizability from "../checker/Linearizability.ts"
import type { Model } from "../checker/Model.ts"
import type { Operation } from "../checker/Operation.ts"

/**
 * A run as its checks see it.
 *
 * @category models
 * @since 0.1.0
 */
export interface World<Input, Output> {
  readonly nowMs: number
  /** What the clients recorded so far. */
  readonly history: () => ReadonlyArray<Operation<Input, Output>>
  /** Clients that stood still in the end, each as a sentence. */
  readonly stalled: ReadonlyArray<string>
  /** By node: what `digest` gave in the end, or why it gave nothing. */
  readonly digests: ReadonlyMap<string, string>
  /** What programs logged as errors or worse, each with who logged it. */
  readonly errors: ReadonlyArray<string>
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Check<in Input, in Output> {
  /** Names it in reports; two failures of one rule are taken for the same one. */
  readonly rule: string
  /** A sentence that says what is wrong, or nothing. */
  readonly problem: (world: World<Input, Output>) => string | undefined
  /** `always`: also every 100 ms while the run goes on. Default: at the end. */
  readonly when?: "always" | "end"
}

/**
 * A call that was made is answered, by success or failure, and a client that is asked to end ends.
 *
 * @category checks
 * @since 0.1.0
 */
export const noStalls: Check<unknown, unknown> = {
  rule: "Stalled",
  problem: ({ stalled }) => (stalled.length === 0 ? undefined : stalled.join("; "))
}

/**
 * No program logs anything as an error, or worse.
 *
 * @category checks
 * @since 0.1.0
 */
export const noErrors: Check<unknown, unknown> = {
  rule: "ErrorLogged",
  problem: ({ errors }) => errors[0],
  when: "always"
}

/**
 * What the clients saw can have happened one operation after another, on one copy of what `model` describes.
 *
 * @category checks
 * @since 0.1.0
 */
export const linearizable = <State, Input, Output>(
  model: Model<State, Input, Output>,
  options: Linearizability.Options = {}
): Check<Input, Output> => ({
  rule: "Linearizable",
  problem: ({ history }) => {
    const report = Linearizability.check(model, history(), options)
    return report._tag === "Linearizable" ? undefined : Linearizability.describe(model, report)
  }
})

/**
 * All nodes that run in the end have the same state, by the `digest` of the program.
 *
 * @category checks
 * @since 0.1.0
 */
export const stateMachinesAgree: Check<unknown, unknown> = {
  rule: "StateMachinesAgree",
  problem: ({ digests }) => {
    if (new Set(digests.values()).size === 1) return undefined
    return digests.size === 0
      ? "no node gave a digest"
      : `the states differ: ${Array.from(digests, ([name, digest]) => `${name} has ${digest}`).join(", ")}`
  }
}

/**
 * A rule of the program.
 *
 * @category checks
 * @since 0.1.0
 */
export const invariant = <Input, Output>(
  rule: string,
  problem: Check<Input, Output>["problem"],
  when: "always" | "end" = "always"
): Check<Input, Output> => ({ rule, problem, when })
