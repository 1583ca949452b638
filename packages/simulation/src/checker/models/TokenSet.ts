import { impossible, type Model } from "../Model.ts"

/**
 * What is done to it.
 *
 * @category models
 * @since 0.1.0
 */
export type Input<Token> =
  | { readonly kind: "add" | "remove" | "has"; readonly token: Token }
  | { readonly kind: "read" }

/**
 * Whether it is there for a `has`, all tokens in any order for a read, anything for the others.
 *
 * @category models
 * @since 0.1.0
 */
export type Output<Token> = boolean | ReadonlyArray<Token> | undefined

/**
 * A set of tokens. A token that is read twice at once is not explained.
 *
 * A state is a number with a bit for every token that was ever named: cheap to copy, and to compare.
 *
 * @category constructors
 * @since 0.1.0
 */
export const model = <Token extends string | number>(): Model<
  bigint,
  Input<Token>,
  Output<Token>
> => {
  const bits = new Map<Token, bigint>()
  const bit = (token: Token): bigint => {
    let known = bits.get(token)
    if (known === undefined) {
      known = 1n << BigInt(bits.size)
      bits.set(token, known)
    }
    return known
  }
  const holds = (state: bigint, tokens: ReadonlyArray<Token>): boolean => {
    let seen = 0n
    for (const token of tokens) {
      if ((seen & bit(token)) !== 0n) return false
      seen |= bit(token)
    }
    return seen === state
  }
  return {
    initial: () => 0n,
    step: (state, input, outcome) => {
      switch (input.kind) {
        case "add":
          return state | bit(input.token)
        case "remove":
          return state & ~bit(input.token)
        case "has":
          return outcome === undefined || outcome.value === ((state & bit(input.token)) !== 0n)
            ? state
            : impossible
        case "read":
          return outcome === undefined ||
            (Array.isArray(outcome.value) && holds(state, outcome.value))
            ? state
            : impossible
      }
    },
    onlyReads: (input) => input.kind === "has" || input.kind === "read",
    describeState: (state) =>
      JSON.stringify([...bits].filter(([, of]) => (state & of) !== 0n).map(([token]) => token))
  }
}
