/**
 * Builds with one rule broken each, and what has to happen to them (SIM8): within its budget of seeds, one of
 * the named rules fires. The first of them is what the switch is made to break; the others may notice the
 * same earlier.
 */
import { type Breaks, brokenRules } from "../../src/raft/Breaks.ts"
import type { Report, RunOptions } from "../../src/raft/Report.ts"
import { duels, isolations, type Schedule, swarm } from "../../src/raft/Schedule.ts"
import { allInvariants, run } from "../../src/raft/Simulation.ts"

export type Switch = keyof Breaks

export interface Build {
  readonly rules: ReadonlyArray<string>
  readonly budget: number
  /** The kind of runs that provokes it. */
  readonly schedule: Schedule
}

const build = (
  rules: ReadonlyArray<string>,
  budget: number,
  schedule: Schedule = swarm
): Build => ({ rules, budget, schedule })

/** A switch without a place here does not compile. */
export const builds: Readonly<Record<Switch, Build>> = {
  commitEarlierTerms: build(["RA6", "RA4"], 2_000),
  voteTwice: build(["RA8", "RA1", "RA7"], 200),
  answerAppendEarly: build(["RA11", "RA9"], 200),
  answerVoteEarly: build(["RA11", "RA8"], 200),
  askVoteEarly: build(["RA11"], 200),
  readWithoutRound: build(["RA13", "RA12"], 500, isolations),
  readBeforeOwnCommit: build(["RA13", "RA12"], 500, duels),
  acceptStaleAppend: build(["RA3", "RA4", "RA5", "RA7", "RA9", "RA11"], 2_000, duels),
  countLearners: build(["RA9", "RA4"], 2_000),
  changeWhilePending: build(["RA10"], 2_000),
  campaignUnapplied: build(["RA16", "RA1"], 5_000),
  dropCommitFromBatch: build(["RA16", "RA1"], 5_000),
  staleStorageAnswer: build(["RA9"], 5_000, duels),
  voteForStaleLog: build(["RA4", "RA9"], 2_000),
  truncateOnEveryAppend: build(["RA7", "RA4", "RA9", "RA11"], 2_000),
  forgetVoteOnRestart: build(["RA8", "RA1"], 200),
  memoryKeepsId: build(["RA4", "RA7", "RA8", "RA9"], 500),
  answerBeforeSync: build(["RA11", "RA9"], 200),
  persistedBeforeSync: build(["RA9", "RA11"], 200),
  catchUpMissedTicks: build(["RA18"], 200),
  losesTruncation: build(["RA3", "RA16"], 500, duels),
  acceptTornBatch: build(["RA16", "RA7"], 200, duels),
  acknowledgeBeforeCommit: build(["RA12"], 200),
  snapshotWithoutSessions: build(["RA14", "RA12", "RA5"], 100),
  readBeforeApplied: build(["RA12", "RA13"], 500)
}

export const switches: ReadonlyArray<Switch> = Object.keys(brokenRules) as ReadonlyArray<Switch>

export interface Found {
  readonly options: RunOptions
  readonly report: Report
  /** How many seeds were run, this one among them. */
  readonly seeds: number
}

/**
 * Runs seeds from `from` on until one breaks a rule, at most `seeds` of them. With `only`, the other rules do
 * not count: neither those checked from outside, nor those by which a core stops itself.
 */
export const find = (
  name: Switch,
  from: number,
  seeds: number,
  only?: ReadonlyArray<string>
): Found | undefined => {
  const invariants = allInvariants.filter(({ rule }) => only?.includes(rule) ?? true)
  for (let seed = from; seed < from + seeds; seed++) {
    const options: RunOptions = {
      ...builds[name].schedule(seed),
      breaks: { [name]: true },
      ...(only === undefined ? {} : { invariants })
    }
    const report = run(options)
    if (report.broken === undefined) continue
    if (only?.includes(report.broken.rule) ?? true) {
      return { options, report, seeds: seed - from + 1 }
    }
  }
  return undefined
}
