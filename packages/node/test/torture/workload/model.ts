/** What the documents are, one by one: registers, counters, and sets of tokens. */
import {
  impossible,
  type Model,
  type Operation,
  Register,
  TokenSet
} from "../../../../simulation/src/checker/index.ts"

type Value = number | undefined

export type Input = { readonly key: string } & (
  | (Register.Input<Value> & { readonly on: "register" })
  | { readonly on: "counter"; readonly kind: "increment" | "read" }
  | (TokenSet.Input<string> & { readonly on: "tokens" })
)

export type Output = Value | boolean | ReadonlyArray<string>

export type Recorded = Operation<Input, Output>

/** However often an increment is sent, it counts once. */
const counter: Model<number, Extract<Input, { readonly on: "counter" }>, Output> = {
  initial: () => 0,
  step: (count, { kind }, outcome) => {
    if (kind === "increment") return count + 1
    return outcome === undefined || outcome.value === count ? count : impossible
  },
  onlyReads: ({ kind }) => kind === "read",
  describe: ({ kind }, outcome) =>
    `${kind} -> ${outcome === undefined ? "?" : String(outcome.value)}`
}

/** Made anew for each judgement, since a model of tokens remembers all that it saw. */
export const make = (): Model<unknown, Input, Output> => {
  const models = {
    register: Register.model<Value>(undefined),
    counter,
    tokens: TokenSet.model<string>()
  } as unknown as Record<Input["on"], Model<unknown, Input, Output>>
  return {
    initial: (partition, operations) => models[operations[0]!.input.on].initial(partition, []),
    step: (state, input, outcome) => models[input.on].step(state, input, outcome),
    onlyReads: (input, outcome) => models[input.on].onlyReads!(input, outcome),
    partition: ({ key, on }) => `${on} ${key}`,
    describe: (input, outcome) =>
      models[input.on].describe?.(input, outcome) ??
      `${input.kind}${"token" in input ? ` ${input.token}` : ""} -> ${JSON.stringify(outcome?.value)}`,
    describeState: (state) =>
      typeof state === "bigint" ? models.tokens.describeState!(state) : String(state)
  }
}
