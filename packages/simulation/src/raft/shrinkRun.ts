/** Makes a failing run small: fewer faults, fewer clients, fewer machines, while the same rule breaks. */
import type { Fault } from "./Fault.ts"
import { faultProblem, machineNames } from "./faultProblem.ts"
import type { Report, RunOptions } from "./Report.ts"
import { faultsOf, run } from "./Simulation.ts"
import { type Axis, count, items, shrink } from "../fault/shrink.ts"

type Failing = RunOptions & { readonly faults: ReadonlyArray<Fault>; readonly clients: number }

const smallerClouds = [1, 3, 5] as const

const nodes: Axis<Failing> = (failing, breaks) => {
  for (const size of smallerClouds) {
    const names = machineNames(size)
    const faults = failing.faults.filter((fault) => faultProblem(fault, names) === undefined)
    const smaller = { ...failing, faults, nodes: size }
    if (size < failing.nodes && breaks(smaller)) return smaller
  }
  return failing
}

/** The smallest run found that breaks the rule that `options` break, and what came of it. */
export const shrinkRun = (
  options: RunOptions,
  clients: number,
  runsMax = 500
): { readonly options: RunOptions; readonly report: Report; readonly runs: number } => {
  const failing: Failing = { ...options, clients, faults: options.faults ?? faultsOf(options) }
  const rule = run(failing).broken?.rule
  const { smallest, runs } = shrink<Failing>(
    failing,
    [
      items<Failing, Fault>(
        ({ faults }) => faults,
        (from, faults) => ({ ...from, faults })
      ),
      count<Failing>(
        (from) => from.clients,
        (from, fewer) => ({ ...from, clients: fewer }),
        0
      ),
      nodes
    ],
    (candidate) => rule !== undefined && run(candidate).broken?.rule === rule,
    runsMax
  )
  return { options: smallest, report: run(smallest), runs }
}
