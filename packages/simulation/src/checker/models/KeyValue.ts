import type { Model } from "../Model.ts"
import * as Register from "./Register.ts"

/**
 * What is done to the register of one key. To delete is to write `undefined`.
 *
 * @category models
 * @since 0.1.0
 */
export type Input<Value extends Register.Primitive> = Register.Input<Value | undefined> & {
  readonly key: string
}

/**
 * As of a register.
 *
 * @category models
 * @since 0.1.0
 */
export type Output<Value extends Register.Primitive> = Register.Output<Value>

/**
 * A register for every key, `undefined` at first. Each key is a partition, so a history may be long as long
 * as few operations share a key.
 *
 * @category constructors
 * @since 0.1.0
 */
export const model = <Value extends Register.Primitive>(): Model<
  Value | undefined,
  Input<Value>,
  Output<Value>
> => ({
  ...Register.model<Value | undefined>(undefined),
  partition: (input) => input.key
})
