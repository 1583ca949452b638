import { compareIds, type IncarnationId } from "../IncarnationId.ts"

/**
 * Who votes and who only listens. All lists are sorted by code unit and hold no id twice.
 *
 * While `votersOutgoing` is not empty the configuration is joint (Raft §6): decisions need a majority of
 * both lists of voters. `learnersNext` are outgoing voters that become learners when it is left, and
 * `autoLeave` says that the leader leaves it by itself.
 *
 * Nobody in `voters` or `votersOutgoing` is in `learners`, and nobody in `voters` is in `learnersNext`.
 *
 * @category models
 * @since 0.1.0
 */
export interface Configuration {
  readonly voters: ReadonlyArray<IncarnationId>
  readonly votersOutgoing: ReadonlyArray<IncarnationId>
  readonly learners: ReadonlyArray<IncarnationId>
  readonly learnersNext: ReadonlyArray<IncarnationId>
  readonly autoLeave: boolean
}

/**
 * Nobody at all: what a node knows before its first snapshot.
 *
 * @category constructors
 * @since 0.1.0
 */
export const emptyConfiguration: Configuration = {
  voters: [],
  votersOutgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false
}

/**
 * A configuration of these voters, in any order, and no learners: the first one of a new cloud.
 *
 * @category constructors
 * @since 0.1.0
 */
export const withVoters = (ids: Iterable<IncarnationId>): Configuration => ({
  ...emptyConfiguration,
  voters: sortedIds(ids)
})

/** The ids in the order that all lists of a configuration have, each once. */
export const sortedIds = (ids: Iterable<IncarnationId>): ReadonlyArray<IncarnationId> =>
  [...new Set(ids)].toSorted(compareIds)

/** Everybody to whom a leader sends the log, sorted. */
export const members = (configuration: Configuration): ReadonlyArray<IncarnationId> =>
  sortedIds([...configuration.voters, ...configuration.votersOutgoing, ...configuration.learners])

/** Whether decisions need two majorities. */
export const isJoint = (configuration: Configuration): boolean =>
  configuration.votersOutgoing.length > 0

/** Whether the vote of `id` counts, in either half of a joint configuration. */
export const isVoter = (configuration: Configuration, id: IncarnationId): boolean =>
  configuration.voters.includes(id) || configuration.votersOutgoing.includes(id)

/** Whether `id` only listens. An outgoing voter that becomes a learner still votes, so it is none yet. */
export const isLearner = (configuration: Configuration, id: IncarnationId): boolean =>
  configuration.learners.includes(id)

export const sameConfiguration = (left: Configuration, right: Configuration): boolean =>
  sameIds(left.voters, right.voters) &&
  sameIds(left.votersOutgoing, right.votersOutgoing) &&
  sameIds(left.learners, right.learners) &&
  sameIds(left.learnersNext, right.learnersNext) &&
  left.autoLeave === right.autoLeave

const sameIds = (left: ReadonlyArray<IncarnationId>, right: ReadonlyArray<IncarnationId>) =>
  left.length === right.length && left.every((id, position) => id === right[position])
