/**
 * Gives each client its hands: it records calls and answers for the judges, and knows which calls are still
 * open, so that one that stands still is named (SIM2).
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { History } from "../checker/History.ts"
import type { SimKernel } from "../kernel/SimKernel.ts"
import { type Journal, textOf } from "./Journal.ts"
import type { SimClient } from "./Program.ts"

/** What a client is in the midst of. */
export interface Open {
  readonly client: string
  readonly what: string
  readonly sinceMs: number
}

export class Recorder<Input, Output> {
  readonly history = new History<Input, Output>()
  readonly open = new Set<Open>()
  /** Clients are asked to end. */
  isEnding = false
  /** The most that one client began. */
  roundsBegun = 0
  private readonly kernel: SimKernel
  private readonly journal: Journal
  /** Rounds of `untilEnd` of one client. */
  private readonly roundsMax: number

  constructor(kernel: SimKernel, journal: Journal, roundsMax: number) {
    this.kernel = kernel
    this.journal = journal
    this.roundsMax = roundsMax
  }

  client(name: string, number: number, nodes: ReadonlyArray<string>): SimClient<Input, Output> {
    return {
      name,
      number,
      nodes,
      history: () => this.history.operations,
      call: (input, operation, isRefused = never) =>
        Effect.suspend(() => {
          const call = this.history.call(name, input)
          const what = textOf(input)
          this.journal.add(name, `calls ${what}`)
          return this.during(name, what, operation).pipe(
            Effect.onExit((exit) =>
              Effect.sync(() => {
                if (Exit.isSuccess(exit)) call.returned(exit.value)
                else if (failedWith(exit, isRefused)) call.refused()
                else call.lost()
                this.journal.add(name, `${what} -> ${outcomeOf(exit)}`)
              })
            )
          )
        }),
      untilEnd: (round) => {
        let rounds = 0
        return Effect.suspend(() => {
          rounds++
          this.roundsBegun = Math.max(this.roundsBegun, rounds)
          return this.during(name, "a round", round)
        }).pipe(
          Effect.repeat({ while: () => !this.isEnding && rounds < this.roundsMax }),
          Effect.when(Effect.sync(() => !this.isEnding && this.roundsMax > 0)),
          Effect.asVoid
        )
      }
    }
  }

  private during<A, E, R>(client: string, what: string, effect: Effect.Effect<A, E, R>) {
    const open: Open = { client, what, sinceMs: this.kernel.nowMs }
    this.open.add(open)
    return Effect.ensuring(
      effect,
      Effect.sync(() => this.open.delete(open))
    )
  }
}

const never = () => false

const failedWith = <E>(exit: Exit.Failure<unknown, E>, is: (error: E) => boolean): boolean => {
  const [reason, ...others] = exit.cause.reasons
  return others.length === 0 && reason?._tag === "Fail" && is(reason.error)
}

const outcomeOf = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.isSuccess(exit)
    ? textOf(exit.value)
    : exit.cause.reasons
        .map((reason) =>
          reason._tag === "Fail"
            ? textOf(reason.error)
            : reason._tag === "Die"
              ? textOf(reason.defect)
              : "interrupted"
        )
        .join(", ")
