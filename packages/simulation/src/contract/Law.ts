/** What the contract of a replicated log is made of: an engine, and laws about what it opens. */
import type { ReplicatedLog } from "@distri/core/log/ReplicatedLog"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"

type Log = ReplicatedLog["Service"]

/**
 * The same log at two nodes, or at one: `leader` is where entries are decided.
 *
 * @category models
 */
export interface Subject {
  readonly leader: Log
  readonly other: Log
}

/** @category models */
export interface Limits {
  readonly retainedMaxBytes?: number
}

/**
 * `R`: what it needs of the test, and keeps from one law to the next.
 *
 * @category models
 */
export interface Engine<R = never> {
  /** Starts it empty. */
  readonly open: (limits?: Limits) => Effect.Effect<Subject, never, Scope.Scope | R>
  /** Ends what `open` has started last, all at once, and starts it again with what it has kept. */
  readonly reopen?: Effect.Effect<Subject, never, Scope.Scope | R>
  /** Sets the clock that gives entries their time, where a test can. */
  readonly setTime?: (ms: number) => Effect.Effect<void>
}

/** @category models */
export interface Law<R = never> {
  readonly name: string
  readonly law: Effect.Effect<void, unknown, Scope.Scope | R>
}

export const law = <R>(
  name: string,
  body: () => Generator<Effect.Effect<unknown, unknown, Scope.Scope | R>, void, never>
): Law<R> => ({ name, law: Effect.gen(body as never) })

/** A law does not hold. */
class LawBroken extends Error {
  override readonly name = "LawBroken"
}

export function must(holds: boolean, what: string): asserts holds {
  if (!holds) throw new LawBroken(what)
}

export const same = (found: unknown, expected: unknown, what: string): void => {
  const [one, two] = [JSON.stringify(found), JSON.stringify(expected)]
  must(one === two, `${what}: expected ${two}, found ${one}`)
}
