/**
 * Rules that the simulated shell breaks on purpose; those of the core are in `RaftConfig.breaks`. A switch
 * that no seed finds would mean that the simulator does not look there.
 */
import type { RaftConfig } from "@distri/raft/RaftConfig"

type CoreBreaks = NonNullable<RaftConfig["breaks"]>

/** What a shell around the core can do wrong. */
export interface ShellBreaks {
  /** RA8: the vote is not read back after a restart. */
  readonly forgetVoteOnRestart?: boolean
  /** RA4: a node that lost its disk comes back under its old id. */
  readonly memoryKeepsId?: boolean
  /** RA11: sends what promises durability before the batch is synced. */
  readonly answerBeforeSync?: boolean
  /** RA9: says `Persisted` when the batch is written, not when it is synced. */
  readonly persistedBeforeSync?: boolean
  /** RA18: ticks that a paused process missed are caught up all at once. */
  readonly catchUpMissedTicks?: boolean
  /** RA3: writes the entries of a batch without forgetting what they replace. */
  readonly losesTruncation?: boolean
  /** RA16: a batch that was torn by a crash is read as far as it goes. */
  readonly acceptTornBatch?: boolean
  /** RA12: acknowledges a command when it stands in the leader's log. */
  readonly acknowledgeBeforeCommit?: boolean
  /** RA14: a snapshot leaves out the sessions. */
  readonly snapshotWithoutSessions?: boolean
  /** RA13: serves a read when its index is known, applied or not. */
  readonly readBeforeApplied?: boolean
}

export type Breaks = CoreBreaks & ShellBreaks

/** All switches, each with the rule that it breaks. */
export const brokenRules: Record<keyof Breaks, string> = {
  commitEarlierTerms: "RA6",
  voteTwice: "RA8",
  answerAppendEarly: "RA11",
  answerVoteEarly: "RA11",
  askVoteEarly: "RA11",
  readWithoutRound: "RA13",
  readBeforeOwnCommit: "RA13",
  acceptStaleAppend: "RA3",
  countLearners: "RA9",
  changeWhilePending: "RA10",
  campaignUnapplied: "RA16",
  dropCommitFromBatch: "RA16",
  staleStorageAnswer: "RA9",
  voteForStaleLog: "RA4",
  truncateOnEveryAppend: "RA7",
  forgetVoteOnRestart: "RA8",
  memoryKeepsId: "RA4",
  answerBeforeSync: "RA11",
  persistedBeforeSync: "RA9",
  catchUpMissedTicks: "RA18",
  losesTruncation: "RA3",
  acceptTornBatch: "RA16",
  acknowledgeBeforeCommit: "RA12",
  snapshotWithoutSessions: "RA14",
  readBeforeApplied: "RA12"
}

export const isBreak = (name: string): name is keyof Breaks => Object.hasOwn(brokenRules, name)
