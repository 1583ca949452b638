/**
 * One run, from the start of its nodes to the verdict.
 *
 * ```
 *   faults and clients | faults are over, clients go on |   clients end   | verify | digests | checks
 *        duration      |            healing             | up to 2 healing | healing
 * ```
 *
 * A run is a function of its options (SIM1): it reads no clock but the one that its budget is measured by.
 */
import { Random } from "../random/Random.ts"
import { type Check, noStalls, type World } from "./Check.ts"
import { digestsOf } from "./digests.ts"
import { Faults } from "./Faults.ts"
import { type AnyOptions, durationMs, faultsOf, healingMs } from "./Options.ts"
import type { Report } from "./Report.ts"
import { Stage } from "./Stage.ts"
import { stalled } from "./stalls.ts"

const checkEveryMs = 100

/** What came of a run, and what something outside of it has run in it so far. */
export interface Ran {
  readonly report: Report<any, any>
  readonly strays: () => ReadonlyArray<string>
}

export const simulate = (options: AnyOptions): Ran => {
  const { check = [noStalls] } = options
  const stage = new Stage(options)
  const { kernel, journal, recorder, nodes, clients, broken } = stage
  const faultList = faultsOf(options)
  const world: World<any, any> = {
    get nowMs() {
      return kernel.nowMs
    },
    history: () => recorder.history.operations,
    stalled: [],
    digests: new Map(),
    errors: journal.errors
  }
  live(stage, options, faultList, check, world)
  if (!stage.isOver) {
    const { isVerified, ...ended } = conclude(stage, options)
    if (!stage.isOver) judge(stage, check, { ...world, ...ended })
    if (!stage.isOver && !isVerified)
      stage.breakRule("Verify", "it did not run, since some client has not ended")
  }
  if (kernel.stopped !== undefined) stage.breakRule(kernel.stopped.rule, kernel.stopped.detail)
  const report: Report<any, any> = {
    seed: options.seed,
    interleave: options.interleave ?? options.seed,
    nodes: nodes.length,
    clients: clients.length,
    broken,
    hash: kernel.hash.value,
    events: kernel.events,
    simulatedMs: Math.round(kernel.nowMs),
    rounds: recorder.roundsBegun,
    lastEvents: journal.last,
    history: recorder.history.operations,
    faults: faultList
  }
  return { report, strays: () => kernel.strays }
}

/** The time with faults, and the one in which the programs get well. */
const live = (
  stage: Stage,
  options: AnyOptions,
  faultList: Report["faults"],
  check: ReadonlyArray<Check<any, any>>,
  world: World<any, any>
): void => {
  const { net, journal, recorder, nodes, clients } = stage
  // Where there are none, nodes have the world for themselves as long as was asked for.
  const areDone = () => clients.length > 0 && clients.every(({ isDone }) => isDone)
  const machines = new Map([...nodes, ...clients].map((machine) => [machine.name, machine]))
  const faults = new Faults(net, journal, machines, faultList, options.canLose)
  watch(
    stage,
    check.filter(({ when }) => when === "always"),
    world
  )
  start(stage, options)
  stage.advance(durationMs(options), areDone)
  faults.heal()
  stage.advance(healingMs(options))
  recorder.isEnding = true
  // Whoever was down again and again may have to wait before it is taken in once more.
  stage.advance(
    2 * healingMs(options),
    () => areDone() && nodes.every(({ services }) => services !== undefined)
  )
}

/** Programs do not start at one instant: who is first is a matter of the seed. */
const start = ({ net, kernel, nodes, clients }: Stage, { seed }: AnyOptions): void => {
  const random = new Random(seed, "start")
  for (const machine of [...nodes, ...clients]) {
    kernel.setTimer(net.process, random.between(0, 50), () => machine.boot())
  }
}

const watch = (
  stage: Stage,
  check: ReadonlyArray<Check<any, any>>,
  world: World<any, any>
): void => {
  if (check.length === 0) return
  const { kernel, net } = stage
  const look = () => {
    judge(stage, check, world)
    if (!stage.isOver) kernel.setTimer(net.process, checkEveryMs, look)
  }
  kernel.setTimer(net.process, checkEveryMs, look)
}

/** What is only known when all is well and quiet. */
const conclude = (
  stage: Stage,
  options: AnyOptions
): Pick<World<any, any>, "stalled" | "digests"> & { readonly isVerified: boolean } => {
  const standing = stalled(stage)
  const isVerified = verify(stage, options)
  const { digest } = options
  const digests = digest === undefined || stage.isOver ? new Map() : digestsOf(stage, digest)
  return { stalled: standing, digests, isVerified }
}

/** Lets the last client judge, if there is one. False: others still run, so it cannot. */
const verify = (stage: Stage, options: AnyOptions): boolean => {
  const { clients, recorder } = stage
  if (options.verify === undefined) return true
  if (clients.some(({ isDone }) => !isDone)) return false
  const { length } = clients
  const last = stage.makeClient(`c${length + 1}`, length, options.verify, "Verify")
  recorder.isEnding = false
  last.boot()
  stage.advance(healingMs(options), () => last.isDone)
  if (!stage.isOver && !last.isDone) {
    stage.breakRule("Verify", `it did not end within ${healingMs(options)} ms`)
  }
  return true
}

const judge = (
  stage: Stage,
  check: ReadonlyArray<Check<any, any>>,
  world: World<any, any>
): void => {
  for (const { rule, problem } of check) {
    const detail = problem(world)
    if (detail !== undefined) stage.breakRule(rule, detail)
  }
}
