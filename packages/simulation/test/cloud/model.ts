/** What the documents of the clients are, one after the other: registers, counters, and a set of tokens. */
import { impossible, type Model, Register, TokenSet } from "../../src/checker/index.ts"
import type { Ask, Told } from "./versions.ts"

type Value = number | undefined

export type Input =
  | (Register.Input<Value> & { readonly on: "register"; readonly key: string })
  | { readonly on: "counter"; readonly key: string; readonly kind: "increment" | "read" }
  | (TokenSet.Input<string> & { readonly on: "tokens" })
  | Ask

export type Output = number | boolean | undefined | ReadonlyArray<string> | Told

type Counter = Extract<Input, { readonly on: "counter" }>

/** However often an increment is sent, it counts once. */
const counter: Model<number, Counter, Output> = {
  initial: () => 0,
  step: (count, { kind }, outcome) => {
    if (kind === "increment") return count + 1
    return outcome === undefined || outcome.value === count ? count : impossible
  },
  onlyReads: ({ kind }) => kind === "read",
  describe: ({ kind }, outcome) => `${kind} -> ${outcome === undefined ? "?" : outcome.value}`
}

/** Not all that is asked is linearizable: `versionsAreFresh` judges it. */
const versions: Model<undefined, Ask, Output> = {
  initial: () => undefined,
  step: () => undefined,
  onlyReads: () => true
}

const models = {
  register: Register.model<Value>(undefined),
  counter,
  tokens: TokenSet.model<string>(),
  versions
} as unknown as Record<Input["on"], Model<unknown, Input, Output>>

const nameOf = (input: Input): string => `${input.on} ${"key" in input ? input.key : ""}`

/** Of which kind a partition is, its name says; of which kind a state is, the operations on it. */
const describing = (state: unknown): string =>
  typeof state === "bigint" ? models.tokens.describeState!(state) : String(state)

export const model: Model<unknown, Input, Output> = {
  initial: (partition, operations) =>
    models[partition.split(" ")[0] as Input["on"]].initial(partition, operations),
  step: (state, input, outcome) => models[input.on].step(state, input, outcome),
  onlyReads: (input, outcome) => models[input.on].onlyReads!(input, outcome),
  partition: nameOf,
  describe: (input, outcome) =>
    models[input.on].describe?.(input, outcome) ??
    `${JSON.stringify(input)} -> ${JSON.stringify(outcome?.value)}`,
  describeState: describing
}
