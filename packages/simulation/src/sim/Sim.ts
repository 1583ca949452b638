/**
 * Runs your program, as it is, in a simulated world: network, clocks, disks and scheduling are seeded, and
 * everything happens in one synchronous loop. What one seed finds, the same seed finds again.
 *
 * ```ts
 * const report = yield* Sim.run({
 *   seed: 41, nodes: 3, clients: 5,
 *   node: ({ address, others }) => CloudNode.layer(Services, { listen: address, seeds: others }),
 *   client: (client) => client.untilEnd(myWorkload(client)),
 *   faults: Sim.faults({ partitions: true, pauses: true }),
 *   check: [Sim.noStalls, Sim.linearizable(myModel)]
 * })
 * ```
 *
 * **Gotchas**
 *
 * A library that insists on real promises, timers or sockets stands still in here, and the report names the
 * fiber. Give a Layer in its place.
 */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { describeFailure, describeSmallest, inTests, type RepeatLine } from "./describe.ts"
import type { Fault } from "./Fault.ts"
import type { FaultPlan } from "./FaultPlan.ts"
import { InvalidRun, type Options, problemOf } from "./Options.ts"
import type { Report } from "./Report.ts"
import { shrinkRun, type Smallest } from "./shrinkRun.ts"
import { simulate } from "./Simulation.ts"

export type { Check, World } from "./Check.ts"
export type { Fault } from "./Fault.ts"
export type { FaultPlan } from "./FaultPlan.ts"
export type { Options } from "./Options.ts"
export type { Hardware, Services, SimClient as Client, SimNode as Node } from "./Program.ts"
export type { Broken, Report } from "./Report.ts"
export { invariant, linearizable, noErrors, noStalls, stateMachinesAgree } from "./Check.ts"
export { describeFailure as describe } from "./describe.ts"
export { disks, disksThatSyncWithin } from "./disks.ts"
export { InvalidRun } from "./Options.ts"

/**
 * The kinds of faults that a run may have; which it has, and when, its seed draws. Or the very list.
 *
 * @category constructors
 * @since 0.1.0
 */
export const faults = <Faults extends FaultPlan | ReadonlyArray<Fault>>(of: Faults): Faults => of

/**
 * Seeds to run: those that found something once, and `fresh` others, from `from` (default 1) on. They are
 * the same each time; another `from` looks elsewhere.
 *
 * @category constructors
 * @since 0.1.0
 */
export const seeds = (of: {
  readonly pinned?: ReadonlyArray<number>
  readonly fresh: number
  readonly from?: number
}): ReadonlyArray<number> => {
  const { pinned = [], fresh, from = 1 } = of
  return [...new Set([...pinned, ...Array.from({ length: fresh }, (_, at) => from + at)])]
}

/**
 * Runs one seed. The report says which rules broke; a run that breaks one does not fail.
 *
 * `InvalidRun`: the options make no run, as when a fault names a node that there is not.
 *
 * @category constructors
 * @since 0.1.0
 */
export const run = <Input, Output, Extra = never>(
  options: Options<Input, Output, Extra>
): Effect.Effect<Report<Input, Output>, InvalidRun> =>
  Effect.gen(function* () {
    const problem = problemOf(options)
    if (problem !== undefined) return yield* new InvalidRun({ problem })
    const { report, strays } = yield* Effect.sync(() => simulate(options))
    // What waits for a promise or for I/O that is done goes on in these turns of the event loop, and is seen.
    yield* Effect.repeat(Effect.yieldNow, { times: 3 })
    return withStrays(report, strays())
  })

const withStrays = (report: Report<any, any>, strays: ReadonlyArray<string>): Report<any, any> => {
  if (strays.length === 0) return report
  const detail = `something outside of the simulation woke ${strays.join(", ")}`
  const stray = { rule: "Stray", detail, atMs: report.simulatedMs }
  return { ...report, broken: [...report.broken, stray] }
}

/**
 * A failure, and the smallest run that has it too: none where it came from outside of the simulation.
 *
 * @category models
 * @since 0.1.0
 */
export interface Failure<Input, Output> {
  readonly report: Report<Input, Output>
  readonly smallest: Smallest | undefined
  /** For a reader; its first line repeats the failure. */
  readonly text: string
}

/**
 * @category models
 * @since 0.1.0
 */
export interface SearchOptions<in out Input, in out Output, Extra = never> extends Omit<
  Options<Input, Output, Extra>,
  "seed"
> {
  /** `SEED` and `INTERLEAVE` in the environment take their place, to repeat a failure. */
  readonly seeds: ReadonlyArray<number>
  /** Runs that are tried to make a failure small. Default 100. */
  readonly shrinkRunsMax?: number
  /** The line that repeats a failure. Default: `SEED` and `INTERLEAVE` before `npx vitest run`. */
  readonly repeat?: RepeatLine
}

/** Of so many seeds one is run twice, and has to end with the same hash (SIM1). */
const twiceEvery = 20

/**
 * Runs seeds until the first that breaks a rule, and makes that one small.
 *
 * @category constructors
 * @since 0.1.0
 */
export const search = <Input, Output, Extra = never>(
  options: SearchOptions<Input, Output, Extra>
): Effect.Effect<Failure<Input, Output> | undefined, InvalidRun> =>
  Effect.gen(function* () {
    const { seeds: all, shrinkRunsMax, repeat = inTests, ...rest } = options
    const seed = yield* fromEnvironment("SEED")
    const interleave = yield* fromEnvironment("INTERLEAVE")
    for (const [at, next] of (seed === undefined ? all : [seed]).entries()) {
      const chosen = { ...rest, seed: next, ...(interleave === undefined ? {} : { interleave }) }
      const report = yield* at % twiceEvery === 0 ? runTwice(chosen) : run(chosen)
      if (report.broken.length === 0) continue
      const text = describeFailure(report, repeat)
      const smallest = shrinkRun(chosen, report, shrinkRunsMax)
      if (smallest === undefined) return { report, smallest, text }
      return { report, smallest, text: `${text}\n\n${describeSmallest(smallest)}` }
    }
    return undefined
  })

/**
 * As `run`, twice: what differs then came from outside of the simulation (SIM1).
 *
 * @category constructors
 * @since 0.1.0
 */
export const runTwice = <Input, Output, Extra = never>(
  options: Options<Input, Output, Extra>
): Effect.Effect<Report<Input, Output>, InvalidRun> =>
  Effect.gen(function* () {
    const report = yield* run(options)
    const again = yield* run(options)
    if (again.hash === report.hash || report.broken.length > 0) return report
    const detail = `a second run has hash ${again.hash}, the first ${report.hash}`
    return { ...report, broken: [{ rule: "SIM1", detail, atMs: report.simulatedMs }] }
  })

/**
 * Some seed broke a rule.
 *
 * @category errors
 * @since 0.1.0
 */
export class SimulationFailed extends Schema.TaggedError<SimulationFailed>()("SimulationFailed", {
  text: Schema.String
}) {
  override get message() {
    return this.text
  }
}

/**
 * As `search`, for a test: fails with the text of the first failure.
 *
 * @category constructors
 * @since 0.1.0
 */
export const passes = <Input, Output, Extra = never>(
  options: SearchOptions<Input, Output, Extra>
): Effect.Effect<void, InvalidRun | SimulationFailed> =>
  Effect.flatMap(search(options), (failure) =>
    failure === undefined ? Effect.void : Effect.fail(new SimulationFailed({ text: failure.text }))
  )

const fromEnvironment = (name: string) =>
  Config.option(Config.Int(name)).pipe(
    Effect.map(Option.getOrUndefined),
    Effect.mapError(({ message }) => new InvalidRun({ problem: `${name}: ${message}` }))
  )
