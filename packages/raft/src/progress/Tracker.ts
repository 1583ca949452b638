/**
 * Keeps the configuration in force with what is known of each member: its progress, at a leader, and its
 * vote, at a candidate. Quorums are asked here.
 *
 * **Gotcha**: a progress belongs to an id, and an id to one memory. Who is taken out and put in again
 * within one change therefore keeps its progress: what matched still matches. (etcd-io/raft begins anew;
 * no trace shows a difference.) Who is away for a whole change begins anew here too.
 */
import type { IncarnationId } from "../IncarnationId.ts"
import type { Breaks } from "../internal/breaks.ts"
import type { LogIndex } from "../LogIndex.ts"
import { type Configuration, isLearner, members } from "../membership/Configuration.ts"
import * as Joint from "../quorum/Joint.ts"
import type { VoteResult } from "../quorum/Majority.ts"
import { type InflightLimits, Progress } from "./Progress.ts"

/** The state of an election. Votes of those who are no voters do not count. */
export interface Tally {
  readonly granted: number
  readonly rejected: number
  readonly result: VoteResult
}

export class Tracker {
  readonly #limits: InflightLimits
  readonly #breaks: Breaks
  readonly #byId = new Map<IncarnationId, Progress>()
  readonly #votes = new Map<IncarnationId, boolean>()
  #configuration: Configuration
  #progress: ReadonlyArray<Progress> = []
  #electorate: Joint.Electorate<Progress> = { voters: [], votersOutgoing: [] }

  constructor(configuration: Configuration, limits: InflightLimits, breaks: Breaks) {
    this.#limits = limits
    this.#breaks = breaks
    this.#configuration = configuration
    this.reconfigure(configuration, 0)
  }

  get configuration(): Configuration {
    return this.#configuration
  }

  /** One for each member, sorted by id. */
  get progress(): ReadonlyArray<Progress> {
    return this.#progress
  }

  get(id: IncarnationId): Progress | undefined {
    return this.#byId.get(id)
  }

  /** Who stays keeps its progress; who comes is probed at `lastIndex`, the last of our log. */
  reconfigure(configuration: Configuration, lastIndex: LogIndex): void {
    this.#configuration = configuration
    this.#progress = members(configuration).map((id) => {
      const learner = isLearner(configuration, id)
      const known = this.#byId.get(id)
      if (known === undefined) {
        return new Progress(id, learner, Math.max(lastIndex, 1), this.#limits)
      }
      known.isLearner = learner
      return known
    })
    this.#byId.clear()
    for (const progress of this.#progress) this.#byId.set(progress.id, progress)
    this.#electorate = this.#electorateOf(configuration)
  }

  /** A new term: nothing is known of anyone but ourselves, and the votes are forgotten. */
  reset(lastIndex: LogIndex, self: IncarnationId): void {
    this.#votes.clear()
    for (const progress of this.#progress) {
      progress.reset(lastIndex)
      if (progress.id === self) progress.match = lastIndex
    }
  }

  /** The last index that a quorum holds, whatever its term. */
  committed(): LogIndex {
    return Joint.committedIndex(this.#electorate, matchOf)
  }

  /** Whether a quorum answered since `recentActive` was last cleared. */
  isQuorumActive(): boolean {
    return Joint.voteResult(this.#electorate, isActive) === "won"
  }

  /** The votes so far, of whoever sent one. */
  get votes(): ReadonlyMap<IncarnationId, boolean> {
    return this.#votes
  }

  /** The first vote of an id counts; a repeated message changes nothing. */
  recordVote(id: IncarnationId, granted: boolean): void {
    if (!this.#votes.has(id)) this.#votes.set(id, granted)
  }

  resetVotes(): void {
    this.#votes.clear()
  }

  tally(): Tally {
    const { voters, votersOutgoing } = this.#electorate
    let granted = 0
    let rejected = 0
    for (const voter of new Set([...voters, ...votersOutgoing])) {
      const vote = this.#votes.get(voter.id)
      if (vote === true) granted += 1
      if (vote === false) rejected += 1
    }
    const result = Joint.voteResult(this.#electorate, (voter) => this.#votes.get(voter.id))
    return { granted, rejected, result }
  }

  #electorateOf({ voters, votersOutgoing }: Configuration): Joint.Electorate<Progress> {
    return {
      voters: this.#progress.filter(
        ({ id, isLearner: learner }) =>
          voters.includes(id) || (learner && this.#breaks.countLearners === true)
      ),
      votersOutgoing: this.#progress.filter(({ id }) => votersOutgoing.includes(id))
    }
  }
}

const matchOf = (progress: Progress): LogIndex => progress.match
const isActive = (progress: Progress): boolean => progress.recentActive
