import { impossible, type Model } from "../../src/checker/Model.ts"
import type { Operation } from "../../src/checker/Operation.ts"

/**
 * Whether any order of the operations, with any of those that nobody heard of left out, keeps real time
 * and is explained. Goes through all orders, remembers nothing, and knows nothing of reads.
 */
export const hasOrder = <State, Input, Output>(
  model: Model<State, Input, Output>,
  operations: ReadonlyArray<Operation<Input, Output>>
): boolean => {
  const extend = (
    state: State,
    placed: ReadonlyArray<Operation<Input, Output>>,
    left: ReadonlyArray<Operation<Input, Output>>
  ): boolean =>
    left.every(({ returned, outcome }) => returned === Infinity && outcome === undefined) ||
    left.some((operation) => {
      if (placed.some((before) => operation.returned < before.called)) return false
      const after = model.step(state, operation.input, operation.outcome)
      return (
        after !== impossible &&
        extend(
          after,
          [...placed, operation],
          left.filter((other) => other !== operation)
        )
      )
    })
  return extend(model.initial("", operations), [], operations)
}
