/** What a run is judged by, beside what is always looked at: programs that fail, strays, budgets. */
import * as Result from "effect/Result"
import * as Linearizability from "../checker/Linearizability.ts"
import type { Model } from "../checker/Model.ts"
import type { Operation } from "../checker/Operation.ts"

/** What a node says of its state, or why it says nothing. @category models @since 0.1.0 */
export type Digest = Result.Result<string, string>

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
  /** Nodes and clients that stood still in the end, each as a sentence. */
  readonly stalled: ReadonlyArray<string>
  /** By node, all of them: what `digest` gave in the end, or why it gave nothing. */
  readonly digests: ReadonlyMap<string, Digest>
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
 * A call that was made is answered, by success or failure; a client that is asked to end ends; and every node
 * is built once nothing is broken any more.
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
 * All nodes have the same state in the end, by the `digest` of the program.
 *
 * @category checks
 * @since 0.1.0
 */
export const stateMachinesAgree: Check<unknown, unknown> = {
  rule: "StateMachinesAgree",
  problem: ({ digests }) => {
    if (digests.size === 0) return "no node was asked for a digest: the program has none"
    const said = Array.from(digests, ([name, digest]) =>
      Result.match(digest, {
        onSuccess: (state) => `${name} has ${state}`,
        onFailure: (why) => `${name} has none, since ${why}`
      })
    )
    const states = new Set([...digests.values()].map(Result.getOrUndefined))
    return states.size === 1 && !states.has(undefined)
      ? undefined
      : `the states differ: ${said.join(", ")}`
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
