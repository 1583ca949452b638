/**
 * Builds with one rule broken each, and what has to happen to them (SIM8): within its budget of seeds, one of
 * the named rules fires. The first of them is what the switch is made to break; the others may notice the
 * same earlier. `pinned` is a seed that is known to find it quickly: the search begins there.
 */
import { type Breaks, brokenRules } from "../../src/raft/Breaks.ts"
import type { Invariant } from "../../src/raft/Invariant.ts"
import type { Report, RunOptions } from "../../src/raft/Report.ts"
import { run } from "../../src/raft/Simulation.ts"

export type Switch = keyof Breaks

export interface Build {
  readonly rules: ReadonlyArray<string>
  readonly budget: number
  readonly pinned: number
}

/** A switch without a place here does not compile. */
export const builds: Readonly<Record<Switch, Build>> = {
  commitEarlierTerms: { rules: ["RA6", "RA4"], budget: 2_000, pinned: 3 },
  voteTwice: { rules: ["RA8", "RA1", "RA7"], budget: 200, pinned: 1 },
  answerAppendEarly: { rules: ["RA11", "RA9"], budget: 200, pinned: 1 },
  answerVoteEarly: { rules: ["RA11", "RA8"], budget: 200, pinned: 1 },
  readWithoutRound: { rules: ["RA13", "RA12"], budget: 500, pinned: 26 },
  readBeforeOwnCommit: { rules: ["RA13", "RA12"], budget: 500, pinned: 50 },
  acceptStaleAppend: { rules: ["RA3", "RA4", "RA7", "RA9"], budget: 2_000, pinned: 28 },
  countLearners: { rules: ["RA9", "RA4"], budget: 2_000, pinned: 1 },
  changeWhilePending: { rules: ["RA10"], budget: 2_000, pinned: 1 },
  campaignUnapplied: { rules: ["RA16", "RA1"], budget: 5_000, pinned: 1 },
  dropCommitFromBatch: { rules: ["RA16", "RA1"], budget: 5_000, pinned: 1 },
  staleStorageAnswer: { rules: ["RA9"], budget: 5_000, pinned: 17 },
  voteForStaleLog: { rules: ["RA4", "RA9"], budget: 2_000, pinned: 1 },
  truncateOnEveryAppend: { rules: ["RA7", "RA4", "RA9", "RA11"], budget: 2_000, pinned: 1 },
  forgetVoteOnRestart: { rules: ["RA8", "RA1"], budget: 200, pinned: 1 },
  memoryKeepsId: { rules: ["RA4", "RA7", "RA8", "RA9"], budget: 500, pinned: 4 },
  answerBeforeSync: { rules: ["RA11", "RA9"], budget: 200, pinned: 1 },
  persistedBeforeSync: { rules: ["RA9", "RA11"], budget: 200, pinned: 1 },
  catchUpMissedTicks: { rules: ["RA18"], budget: 200, pinned: 7 },
  losesTruncation: { rules: ["RA3", "RA16"], budget: 500, pinned: 34 },
  acceptTornBatch: { rules: ["RA16"], budget: 200, pinned: 44 },
  acknowledgeBeforeCommit: { rules: ["RA12"], budget: 200, pinned: 1 },
  snapshotWithoutSessions: { rules: ["RA14", "RA12", "RA5"], budget: 100, pinned: 1 },
  readBeforeApplied: { rules: ["RA12", "RA13"], budget: 500, pinned: 1 }
}

export const switches: ReadonlyArray<Switch> = Object.keys(brokenRules) as ReadonlyArray<Switch>

export interface Found {
  readonly options: RunOptions
  readonly report: Report
  /** How many seeds were run, this one among them. */
  readonly seeds: number
}

const sizes = [3, 5, 7] as const

/** As `pnpm simulate raft` does, so that its `--seed` repeats what is found here. */
export const optionsOf = (seed: number): RunOptions => ({ seed, nodes: sizes[seed % 3]! })

/** Runs seeds from `from` on until one breaks a rule, at most `seeds` of them. */
export const find = (
  name: Switch,
  from: number,
  seeds: number,
  invariants?: ReadonlyArray<Invariant>
): Found | undefined => {
  for (let seed = from; seed < from + seeds; seed++) {
    const options: RunOptions = {
      ...optionsOf(seed),
      breaks: { [name]: true },
      ...(invariants === undefined ? {} : { invariants })
    }
    const report = run(options)
    if (report.broken !== undefined) return { options, report, seeds: seed - from + 1 }
  }
  return undefined
}
