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
import { Random } from "../random/Random.ts"
import { canHeal, disturb, notCalm, notCommitting, notEqual, notLed, stall } from "./healing.ts"
import type { Invariant } from "./Invariant.ts"
import { invariants } from "./invariants/index.ts"
import { BudgetExceeded, Journal } from "./Journal.ts"
import { linearizable } from "./Linearizable.ts"
import { Operator } from "./Operator.ts"
import { drawMinority, notLedWithout } from "./minority.ts"
import { drawProfile } from "./Profile.ts"
import { leaderOf } from "./quorums.ts"
import type { Report, RunOptions } from "./Report.ts"
import { drawFaults } from "./Swarm.ts"

const spares = 2
const settleMs = 3_000
/** How often ten election timeouts may pass again before RA18 is broken; most runs need none of it. */
const splitVotesRounds = 2

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
  for (const node of cloud.nodes) if (node.isFounded) node.start()
  advance(cloud, journal, durationMs)
  faults.heal()
  // What is lost for good is not asked to heal; what was promised before is still judged.
  const heals = canHeal(cloud)
  if (heals) heal(cloud, journal, clientCount > 0)
  for (const client of clients) client.stop()
  advance(cloud, journal, settleMs)
  if (heals) {
    // A follower with a window of one message takes its time, but it may not stand still.
    for (let before = -1; notEqual(cloud) !== undefined && applied(cloud) > before;) {
      before = applied(cloud)
      advance(cloud, journal, settleMs)
    }
    if (canHeal(cloud)) journal.judge(notEqual(cloud), cloud.nowMs)
  }
  if (journal.broken === undefined) cloud.emit({ _tag: "Ended" })
}

/** RA18: in six of ten runs a minority stays away for a while, and comes back to a majority that goes on. */
const heal = (cloud: Cloud, journal: Journal, hasClients: boolean): void => {
  const { history, network, config, profile } = cloud
  const random = new Random(cloud.seed, "healing")
  const timeoutsMs = 10 * config.electionTicks * (profile.tickMs + profile.tickJitterMs)
  const wait = (ms: number, notLed: () => string | undefined): void => {
    const { acknowledged } = history
    const problem = () => notLed() ?? (hasClients ? notCommitting(cloud, acknowledged) : undefined)
    let term = highestTerm(cloud)
    advance(cloud, journal, ms)
    // Votes are split by chance, most of all where each voter is needed and nobody asks before it campaigns. Where
    // no term began, none were.
    for (let more = 0; more < splitVotesRounds && problem() !== undefined; more++) {
      if (highestTerm(cloud) === term) break
      term = highestTerm(cloud)
      journal.stats.lateElections++
      advance(cloud, journal, ms)
    }
    judge(problem())
  }
  // A change that was on its way may leave a configuration whose majority lost its disks before.
  const judge = (problem: string | undefined): void => {
    if (problem !== undefined && canHeal(cloud)) journal.judge(problem, cloud.nowMs)
  }
  // Without both a removed node that does not know of it, or one that was cut off, may depose a leader.
  const isCalm = config.preVote && config.checkQuorum
  const isCut = random.chance(0.6)
  if (isCut) advance(cloud, journal, random.between(0, 2_000))
  const minority = isCut ? drawMinority(cloud, random) : undefined
  let term = 0
  if (minority !== undefined) {
    network.begin(minority.partition)
    wait(timeoutsMs, () => notLedWithout(cloud, minority))
    network.end(minority.partition)
    term = leaderOf(cloud)?.raft?.term ?? 0
    journal.stats.minoritiesCut++
  }
  wait(timeoutsMs, () => notLed(cloud))
  if (minority !== undefined && isCalm) judge(notCalm(cloud, term))
  term = leaderOf(cloud)?.raft?.term ?? 0
  disturb(cloud, random)
  advance(cloud, journal, stall(cloud))
  if (isCalm) judge(notCalm(cloud, term))
  if (canHeal(cloud)) journal.stats.healed++
}

const highestTerm = ({ nodes }: Cloud): number =>
  Math.max(...nodes.map(({ raft }) => raft?.term ?? 0))

/** By all nodes together: it only grows while nothing crashes. */
const applied = (cloud: Cloud): number =>
  cloud.nodes.reduce((sum, { machine }) => sum + machine.applied, 0)

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
