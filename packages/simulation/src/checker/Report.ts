import type { Model } from "./Model.ts"
import type { Operation } from "./Operation.ts"

/**
 * An operation, and the state of the model after it.
 *
 * @category models
 * @since 0.1.0
 */
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
      readonly partition: string | undefined
      readonly operation: Operation<Input, Output> | undefined
      readonly state: State | undefined
      readonly cause: unknown
    }
  | { readonly _tag: "Refused"; readonly problem: string }

/** Of a long order, so many operations are shown: what went wrong is at its end. */
const shownMax = 12

/** Of a long line, so many characters are shown at either end. */
const endMax = 120

const short = (line: string): string =>
  line.length <= 2 * endMax ? line : `${line.slice(0, endMax)} ... ${line.slice(-endMax)}`

/**
 * A report as text: the verdict, and what a person needs to see why.
 *
 * @category models
 * @since 0.1.0
 */
export const describe = <State, Input, Output>(
  model: Model<State, Input, Output>,
  report: Report<State, Input, Output>
): string => {
  const state = (of: State) => short(model.describeState?.(of) ?? show(of))
  const line = ({ client, input, outcome, called, returned }: Operation<Input, Output>) =>
    `[${called}, ${returned === Infinity ? "?" : returned}] client ${client}: ` +
    short(
      model.describe?.(input, outcome) ??
        `${show(input)} -> ${outcome === undefined ? "?" : show(outcome.value)}`
    )
  switch (report._tag) {
    case "Linearizable":
      return `linearizable, ${report.steps} steps`
    case "Unknown":
      return `unknown: ${report.steps} steps did not suffice for ${report.partitions
        .map((name) => `partition "${name}"`)
        .join(", ")}`
    case "Refused":
      return `no history: ${report.problem}`
    case "ModelFailed":
      return [
        `the model failed in partition "${report.partition ?? "?"}": ${String(report.cause)}`,
        `  at ${report.operation === undefined ? "the start" : line(report.operation)}`,
        ...(report.state === undefined ? [] : [`  in state ${state(report.state)}`])
      ].join("\n")
    case "NotLinearizable": {
      const { prefix, stuck, operations, partition } = report
      const hidden = Math.max(0, prefix.length - shownMax)
      return [
        `not linearizable: partition "${partition}", ${operations.length} operations, ${report.steps} steps`,
        `the longest order found has ${prefix.length} of them:`,
        ...(hidden === 0 ? [] : [`  ... ${hidden} before`]),
        ...prefix
          .slice(hidden)
          .map((placed) => `  ${line(placed.operation)}  => ${state(placed.state)}`),
        `in state ${state(report.state)}, one of these has to be next, and none can:`,
        ...stuck.map((operation) => `  ${line(operation)}`)
      ].join("\n")
    }
  }
}

const show = (value: unknown): string => {
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return String(value)
  }
}
