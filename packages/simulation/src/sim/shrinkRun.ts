/**
 * Makes a failing run small: fewer faults, fewer clients, fewer nodes and fewer rounds of each client, while
 * the same rule breaks. The seed stays, and with it all that is not taken away draws as before (SIM6).
 */
import { type Axis, count, items, shrink } from "../fault/shrink.ts"
import { type Fault, machinesOf } from "./Fault.ts"
import { type AnyOptions, faultsOf, namesOf } from "./Options.ts"
import type { Report } from "./Report.ts"
import { simulate } from "./Simulation.ts"

type Failing = AnyOptions & {
  readonly faults: ReadonlyArray<Fault>
  readonly rounds: number
}

/** A run that breaks the rule, from which nothing more can be taken, and how many it took to find it. */
export interface Smallest {
  readonly options: AnyOptions & { readonly rounds: number }
  readonly report: Report<any, any>
  readonly runs: number
}

/** Faults of machines that are no more go with them. */
const fewer = (failing: Failing, machines: Partial<Failing>): Failing => {
  const smaller = { ...failing, ...machines }
  const { all } = namesOf(smaller)
  const faults = smaller.faults.filter((fault) =>
    machinesOf(fault).every((name) => all.includes(name))
  )
  return { ...smaller, faults }
}

const nodes: Axis<Failing> = (failing, breaks) => {
  for (const size of [1, 3, 5]) {
    const smaller = fewer(failing, { nodes: size })
    if (size < failing.nodes && breaks(smaller)) return smaller
  }
  return failing
}

/** What was noticed after the run, or between two of them: no smaller run says anything of it. */
const fromOutside = ["Stray", "SIM1"]

/** From below: runs of few rounds are quick, and a longer one that breaks says nothing of shorter ones. */
const rounds: Axis<Failing> = (failing, breaks) => {
  for (let few = 1; few < failing.rounds; few = Math.ceil(few * 1.5)) {
    const smaller = { ...failing, rounds: few }
    if (breaks(smaller)) return smaller
  }
  return failing
}

const axes: ReadonlyArray<Axis<Failing>> = [
  items<Failing, Fault>(
    ({ faults }) => faults,
    (from, faults) => ({ ...from, faults })
  ),
  count<Failing>(
    ({ clients }) => clients,
    (from, clients) => fewer(from, { clients }),
    1
  ),
  nodes,
  rounds
]

/** `report`: what came of `options`. Tries at most `runsMax` runs; nothing if the first does not fail again. */
export const shrinkRun = (
  options: AnyOptions,
  report: Report<any, any>,
  runsMax = 100
): Smallest | undefined => {
  const rule = report.broken[0]?.rule
  if (rule === undefined || fromOutside.includes(rule)) return undefined
  const failing: Failing = {
    ...options,
    faults: faultsOf(options),
    // As many as there were: now a number that can be lowered.
    rounds: options.rounds ?? Math.max(1, report.rounds)
  }
  let last = report
  const breaks = (candidate: Failing): boolean => {
    const found = simulate(candidate).report
    const isSame = found.broken.some((broken) => broken.rule === rule)
    if (isSame) last = found
    return isSame
  }
  if (!breaks(failing)) return undefined
  const { smallest, runs } = shrink(failing, axes, breaks, runsMax - 1)
  return { options: smallest, report: last, runs: runs + 1 }
}
