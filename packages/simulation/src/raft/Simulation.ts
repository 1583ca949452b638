/**
 * Runs one simulated cloud from its founding to its end: a time with faults and clients, then the healing
 * (RA18), short stalls, and a comparison of final states. A run is a function of its options: the same
 * options give the same events, whatever else the process does (SIM1).
 */
import { InvariantViolation } from "@distri/raft/invariant"
import { Client } from "./Client.ts"
import { Cloud } from "./Cloud.ts"
import { describeEvent } from "./describe.ts"
import type { Fault } from "./Fault.ts"
import { Faults } from "./Faults.ts"
import {
  canHeal,
  hasSmallWindow,
  notCalm,
  notCommitting,
  notEqual,
  notLed,
  stall
} from "./healing.ts"
import type { Invariant } from "./Invariant.ts"
import { invariants } from "./invariants/index.ts"
import { BudgetExceeded, Journal } from "./Journal.ts"
import { linearizable } from "./Linearizable.ts"
import { Operator } from "./Operator.ts"
import { drawProfile } from "./Profile.ts"
import { leaderOf } from "./quorums.ts"
import type { Report, RunOptions } from "./Report.ts"
import { drawFaults } from "./Swarm.ts"

const spares = 2
const calmMs = 8_000
const settleMs = 3_000
const settleRounds = 20

/** What every run is checked against, beside RA17 and RA18. */
export const allInvariants: ReadonlyArray<Invariant> = [...invariants, linearizable]

/** The faults of a run that is not told its faults. */
export const faultsOf = ({
  seed,
  nodes,
  durationMs = 60_000
}: RunOptions): ReadonlyArray<Fault> => {
  const all = Array.from({ length: nodes + spares }, (_, number) => `n${number + 1}`)
  return drawFaults(seed, { all, founders: all.slice(0, nodes) }, durationMs)
}

export const run = (options: RunOptions): Report => {
  const { seed, nodes, durationMs = 60_000 } = options
  const faults = options.faults ?? faultsOf(options)
  const journal = new Journal(options.invariants ?? allInvariants, options.eventsMax ?? 10_000_000)
  const profile = drawProfile(seed)
  const cloud = new Cloud({
    seed,
    founders: nodes,
    spares,
    profile,
    config: { ...profile.config, ...options.config },
    breaks: options.breaks ?? {},
    journal
  })
  const guarded = (what: () => void) => {
    try {
      what()
    } catch (cause) {
      blame(cloud, journal, cause)
    }
  }
  const clients = options.clients ?? profile.clients
  guarded(() => live(cloud, journal, clients, faults, durationMs))
  const { network } = cloud
  return {
    seed,
    nodes,
    hash: journal.hash,
    events: journal.events,
    simulatedMs: Math.round(cloud.nowMs),
    broken: journal.broken,
    lastEvents: journal.broken === undefined ? [] : journal.last.map(describeEvent),
    faults,
    clients,
    stats: {
      ...journal.stats,
      quorumLost: canHeal(cloud) ? 0 : 1,
      messages: network.sent,
      dropped: network.dropped
    }
  }
}

/**
 * As `run`; one seed of twenty is run again and has to end with the same hash (RA17). What differs then came
 * from outside of the simulation.
 */
export const runTwice = (options: RunOptions): Report => {
  const report = run(options)
  if (options.seed % 20 !== 0 || report.broken !== undefined) return report
  const again = run(options)
  if (again.hash === report.hash) return report
  const detail = `a second run has hash ${again.hash}, the first ${report.hash}`
  return { ...report, broken: { rule: "RA17", detail, atMs: report.simulatedMs } }
}

const live = (
  cloud: Cloud,
  journal: Journal,
  clientCount: number,
  faultList: ReadonlyArray<Fault>,
  durationMs: number
): void => {
  const operator = new Operator(cloud)
  const faults = new Faults(cloud, operator, faultList)
  const clients = Array.from({ length: clientCount }, (_, number) => new Client(cloud, number))
  const judge = (problem: string | undefined) => {
    if (problem !== undefined) journal.breakRule("RA18", problem, cloud.nowMs)
  }
  for (const node of cloud.nodes) if (node.isFounded) node.start()
  advance(cloud, journal, durationMs)
  faults.heal()
  const { acknowledged } = cloud.history
  const { tickMs, tickJitterMs } = cloud.profile
  advance(cloud, journal, 10 * cloud.config.electionTicks * (tickMs + tickJitterMs))
  // What is lost for good is not asked to heal, nor a cloud without the parts of Raft that calm it; what was
  // promised before is still judged.
  const heals = canHeal(cloud) && cloud.config.preVote && cloud.config.checkQuorum
  if (heals) {
    const commits = () => (clientCount > 0 ? notCommitting(cloud, acknowledged) : undefined)
    judge(notLed(cloud))
    if (hasSmallWindow(cloud)) advanceUntil(cloud, journal, commits)
    judge(commits())
    const term = leaderOf(cloud)?.raft?.term ?? 0
    stall(cloud)
    advance(cloud, journal, calmMs)
    judge(notCalm(cloud, term))
  }
  for (const client of clients) client.stop()
  advance(cloud, journal, settleMs)
  if (heals) {
    advanceUntil(cloud, journal, () => notEqual(cloud))
    judge(notEqual(cloud))
  }
  if (journal.broken === undefined) cloud.emit({ _tag: "Ended" })
}

/** Gives slow followers time, as long as `problem` says that they need more of it, but not for ever. */
const advanceUntil = (cloud: Cloud, journal: Journal, problem: () => string | undefined): void => {
  for (let left = settleRounds; left > 0 && problem() !== undefined; left--) {
    advance(cloud, journal, settleMs)
  }
}

/** Lets so much time pass, or less if a rule breaks. */
const advance = (cloud: Cloud, journal: Journal, ms: number): void => {
  const untilMs = cloud.nowMs + ms
  const { heap } = cloud
  while (heap.nextMs <= untilMs && journal.broken === undefined) {
    cloud.nowMs = heap.nextMs
    heap.take()()
  }
  if (journal.broken === undefined) cloud.nowMs = untilMs
}

/** A node that stops because of a broken rule breaks that rule; anything else thrown is a bug as well. */
const blame = (cloud: Cloud, journal: Journal, cause: unknown): void => {
  const message = cause instanceof Error ? cause.message : String(cause)
  if (cause instanceof BudgetExceeded) return journal.breakRule(cause.name, message, cloud.nowMs)
  const name = cloud.stepping?.name ?? "nobody"
  const isRule = cause instanceof InvariantViolation
  const rule = isRule ? message.slice(0, message.indexOf(":")) : "Thrown"
  const trace = isRule || !(cause instanceof Error) ? "" : `\n${cause.stack}`
  journal.breakRule(rule, `${name} stopped: ${message}${trace}`, cloud.nowMs)
}
