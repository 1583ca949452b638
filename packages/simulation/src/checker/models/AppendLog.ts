import { impossible, type Model } from "../Model.ts"
import type { Operation } from "../Operation.ts"

/**
 * What is done to it.
 *
 * @category models
 * @since 0.1.0
 */
export type Input<Token> =
  | { readonly kind: "append"; readonly token: Token }
  | { readonly kind: "read" }

/**
 * All tokens in order for a read, anything for an append.
 *
 * @category models
 * @since 0.1.0
 */
export type Output<Token> = ReadonlyArray<Token> | undefined

/**
 * The empty log, or one token after `before`. Logs with the same tokens are the same object.
 *
 * @category models
 * @since 0.1.0
 */
export interface Log<Token> {
  readonly length: number
  readonly token: Token | undefined
  readonly before: Log<Token> | undefined
  /** The longest list that anyone reads, the same for all logs of a search. */
  readonly longest: ReadonlyArray<Token>
  /** The logs that are one token longer, as far as anyone asked. */
  readonly longer: Map<Token, Log<Token>>
}

const tokens = <Token>(log: Log<Token>): Array<Token> => {
  const list = Array.from<Token>({ length: log.length })
  for (let at = log; at.before !== undefined; at = at.before) list[at.length - 1] = at.token!
  return list
}

const append = <Token>(log: Log<Token>, token: Token): Log<Token> => {
  let longer = log.longer.get(token)
  if (longer === undefined) {
    longer = { ...log, length: log.length + 1, token, before: log, longer: new Map() }
    log.longer.set(token, longer)
  }
  return longer
}

const holds = <Token>(log: Log<Token>, list: ReadonlyArray<Token>): boolean => {
  if (list.length !== log.length) return false
  for (let at = log; at.before !== undefined; at = at.before) {
    if (list[at.length - 1] !== at.token) return false
  }
  return true
}

const longestOf = <Token>(
  operations: ReadonlyArray<Operation<Input<Token>, Output<Token>>>
): ReadonlyArray<Token> =>
  operations.reduce<ReadonlyArray<Token>>((longest, { input, outcome }) => {
    const list = (input.kind === "read" && outcome?.value) || []
    return list.length > longest.length ? list : longest
  }, [])

/**
 * A list that grows at its end and is read as a whole: shows what was lost, repeated or reordered.
 * Tokens are told apart by `===`; give each append its own.
 *
 * A log only grows, so the longest list that was read says where the tokens in it belong, and an append that
 * puts another one there is not possible. The logs of a search form a tree: to append is one look-up, and to
 * compare two logs is nothing.
 *
 * @category constructors
 * @since 0.1.0
 */
export const model = <Token extends string | number>(): Model<
  Log<Token>,
  Input<Token>,
  Output<Token>
> => ({
  initial: (_, operations) => ({
    length: 0,
    token: undefined,
    before: undefined,
    longest: longestOf(operations),
    longer: new Map()
  }),
  step: (log, input, outcome) => {
    if (input.kind === "append") {
      const isNext = log.length >= log.longest.length || log.longest[log.length] === input.token
      return isNext ? append(log, input.token) : impossible
    }
    if (outcome === undefined) return log
    return holds(log, outcome.value ?? []) ? log : impossible
  },
  onlyReads: (input) => input.kind === "read",
  describe: (input, outcome) =>
    input.kind === "append"
      ? `append ${input.token}${outcome === undefined ? " -> ?" : ""}`
      : `read -> ${outcome === undefined ? "?" : JSON.stringify(outcome.value)}`,
  describeState: (log) => {
    const next = log.longest[log.length]
    const list = JSON.stringify(tokens(log))
    return next === undefined ? list : `${list}, followed by ${next} in the longest read`
  }
})
