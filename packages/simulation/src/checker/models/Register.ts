import { impossible, type Model } from "../Model.ts"

/**
 * What a register may hold: values that are told apart as keys of a `Map` are.
 *
 * @category models
 * @since 0.1.0
 */
export type Primitive = string | number | bigint | boolean | null | undefined

/**
 * What is done to it.
 *
 * @category models
 * @since 0.1.0
 */
export type Input<Value extends Primitive> =
  | { readonly kind: "read" }
  | { readonly kind: "write"; readonly value: Value }
  | { readonly kind: "compareAndSet"; readonly expected: Value; readonly value: Value }

/**
 * The value for a read, whether it was done for a compare-and-set, anything for a write.
 *
 * @category models
 * @since 0.1.0
 */
export type Output<Value extends Primitive> = Value | boolean | undefined

/** As `Map` compares keys, by which the search knows states again: NaN is NaN, and 0 is -0. */
const same = (left: unknown, right: unknown): boolean =>
  left === right || (Number.isNaN(left) && Number.isNaN(right))

/**
 * One register: the last value that was written is read.
 *
 * @category constructors
 * @since 0.1.0
 */
export const model = <Value extends Primitive>(
  initial: Value
): Model<Value, Input<Value>, Output<Value>> => ({
  initial: () => initial,
  step: (state, input, outcome) => {
    switch (input.kind) {
      case "write":
        return input.value
      case "read":
        return outcome === undefined || same(outcome.value, state) ? state : impossible
      case "compareAndSet": {
        const done = same(state, input.expected)
        if (outcome !== undefined && outcome.value !== done) return impossible
        return done ? input.value : state
      }
    }
  },
  onlyReads: (input, outcome) =>
    input.kind === "read" || (input.kind === "compareAndSet" && outcome?.value === false),
  describe: (input, outcome) => {
    const answer = outcome === undefined ? "?" : String(outcome.value)
    switch (input.kind) {
      case "write":
        return `write ${String(input.value)}${outcome === undefined ? " -> ?" : ""}`
      case "read":
        return `read -> ${answer}`
      case "compareAndSet":
        return `set ${String(input.value)} if ${String(input.expected)} -> ${answer}`
    }
  },
  describeState: String
})
