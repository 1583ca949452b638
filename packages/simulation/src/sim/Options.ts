/** What a run is asked for, and what is wrong with it. */
import * as Duration from "effect/Duration"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Budget } from "../kernel/Budget.ts"
import type { NetProfile } from "../net/NetProfile.ts"
import type { Check } from "./Check.ts"
import { Fault, machinesOf } from "./Fault.ts"
import { drawFaults, type FaultPlan } from "./FaultPlan.ts"
import type { Random } from "../random/Random.ts"
import type { Hardware, Program } from "./Program.ts"

/**
 * @category models
 * @since 0.1.0
 */
export interface Options<in out Input, in out Output, Extra = never> extends Program<
  Input,
  Output,
  Extra
> {
  /** Fixes the network, the faults, and all random numbers of the programs. */
  readonly seed: number
  /** Fixes which of several ready tasks runs next. Default: the seed. */
  readonly interleave?: number
  readonly nodes: number
  readonly clients: number
  /** Simulated time with faults. Default 60 s. It ends sooner when all clients have ended. */
  readonly duration?: Duration.Input
  /**
   * Simulated time without faults after it, until the programs are well again. Clients that are asked to end
   * and nodes that are not built have up to twice as long. Default 20 s.
   */
  readonly healing?: Duration.Input
  /** What may go wrong, or a list of what does. Default: nothing. */
  readonly faults?: FaultPlan | ReadonlyArray<Fault>
  /** Rounds of `untilEnd` of each client. Default: as many as fit. */
  readonly rounds?: number
  /** Default: `noStalls`. */
  readonly check?: ReadonlyArray<Check<Input, Output>>
  readonly budget?: Partial<Budget>
  /** In place of what the seed draws. */
  readonly network?: Partial<NetProfile>
}

/** Options of any program. */
export interface AnyOptions extends Omit<Options<any, any, any>, "hardware"> {
  readonly hardware?: (name: string, random: Random, ofRun: Random) => Hardware<never>
}

/**
 * A run that cannot be: nothing was run.
 *
 * @category errors
 * @since 0.1.0
 */
export class InvalidRun extends Schema.TaggedError<InvalidRun>()("InvalidRun", {
  problem: Schema.String
}) {
  override get message() {
    return `this run cannot be: ${this.problem}`
  }
}

export const numbered = (letter: string, count: number): ReadonlyArray<string> =>
  Array.from({ length: count }, (_, number) => `${letter}${number + 1}`)

/** The names of all machines: nodes, clients, and the client that verifies. */
export const namesOf = ({ nodes, clients }: Pick<AnyOptions, "nodes" | "clients">) => ({
  nodes: numbered("n", nodes),
  all: [...numbered("n", nodes), ...numbered("c", clients)]
})

export const durationMs = ({ duration = "60 seconds" }: Pick<AnyOptions, "duration">): number =>
  Duration.toMillis(Duration.fromInputUnsafe(duration))

export const healingMs = ({ healing = "20 seconds" }: Pick<AnyOptions, "healing">): number =>
  Duration.toMillis(Duration.fromInputUnsafe(healing))

const isList = (faults: AnyOptions["faults"]): faults is ReadonlyArray<Fault> =>
  Array.isArray(faults)

/** The list of a run, drawn where only a plan is given. */
export const faultsOf = (options: AnyOptions): ReadonlyArray<Fault> => {
  const { faults = [], seed } = options
  return isList(faults) ? faults : drawFaults(seed, faults, namesOf(options), durationMs(options))
}

/** A sentence that says why these options make no run. */
export const problemOf = (options: AnyOptions): string | undefined => {
  const { seed, interleave = seed, nodes, clients, faults, rounds = Infinity } = options
  const whole = { seed, interleave, clients }
  for (const [name, value] of Object.entries(whole)) {
    if (!Number.isSafeInteger(value) || value < 0) {
      return `${name} has to be a whole number of 0 or more, and is ${value}`
    }
  }
  if (!Number.isSafeInteger(nodes) || nodes < 1 || nodes > 250) {
    return `nodes has to be a whole number from 1 to 250, and is ${nodes}`
  }
  if (clients > 250) return `clients has to be a whole number up to 250, and is ${clients}`
  if (!(rounds >= 0)) return `rounds has to be a number of 0 or more, and is ${rounds}`
  for (const [name, ms] of Object.entries({
    duration: durationMs(options),
    healing: healingMs(options)
  })) {
    if (!(ms >= 0 && ms < Infinity)) return `${name} has to be finite and not negative`
  }
  return isList(faults) ? faultsProblem(faults, namesOf(options).all) : undefined
}

const decodeFault = Schema.decodeUnknownResult(Fault)

/** What is wrong with the first bad fault of a list that came from outside. */
export const faultsProblem = (
  faults: ReadonlyArray<unknown>,
  names: ReadonlyArray<string>
): string | undefined => {
  for (const [at, fault] of faults.entries()) {
    const where = `fault ${at + 1} of ${faults.length}`
    const decoded = decodeFault(fault)
    if (Result.isFailure(decoded)) return `${where}: ${decoded.failure.message}`
    const unknown = machinesOf(decoded.success).find((name) => !names.includes(name))
    if (unknown !== undefined) {
      return `${where} names ${unknown}, and there are ${names.join(", ")}`
    }
    if (decoded.success.kind === "crash" || decoded.success.kind === "restart") {
      const { node } = decoded.success
      if (!node.startsWith("n")) return `${where}: ${node} is a client, and only nodes start again`
    }
  }
  return undefined
}
