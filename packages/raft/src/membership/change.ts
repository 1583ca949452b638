/**
 * Computes the configuration that a change leads to, or says why there is none. A single step changes at
 * most one voter, so that every majority before it meets every majority after it (Ongaro §4.1); anything
 * larger passes through a joint configuration (Raft §6), which is entered here and left by another change.
 *
 * Only `applyChange` refuses a change that changes nothing; the steps below it may be repeated.
 */
import type { IncarnationId } from "../IncarnationId.ts"
import type { ConfChange, ConfChangeStep } from "./ConfChange.ts"
import { type Configuration, isJoint, sameConfiguration, sortedIds } from "./Configuration.ts"

/**
 * Why a change leads nowhere.
 *
 * - `AlreadyJoint`, `NotJoint`: it enters a joint configuration inside of one, or leaves one that is not.
 * - `Joint`: it is a single step, while the configuration is joint.
 * - `NoVoters`: nobody would be left to vote.  `NoVotersYet`: nobody votes now, so there is no first half.
 * - `SeveralVoters`: more than one voter in a single step.
 * - `Unchanged`: all of it is so already.  `NoName`: it names the empty id.
 *
 * @category errors
 * @since 0.1.0
 */
export type ChangeProblem =
  | "AlreadyJoint"
  | "NotJoint"
  | "Joint"
  | "NoVoters"
  | "NoVotersYet"
  | "SeveralVoters"
  | "Unchanged"
  | "NoName"

/**
 * What `change` makes of `configuration`. The steps are taken in order, the last about a node counts.
 *
 * Equal to what etcd-io/raft does, but that `Auto` with several steps that touch one voter is not joint.
 *
 * @category combinators
 * @since 0.1.0
 */
export const applyChange = (
  configuration: Configuration,
  change: ConfChange
): Configuration | ChangeProblem => {
  if (change.changes.some((step) => step.node === "")) return "NoName"
  const next = transition(configuration, change)
  return typeof next === "object" && sameConfiguration(configuration, next) ? "Unchanged" : next
}

const transition = (configuration: Configuration, change: ConfChange) => {
  if (change.changes.length === 0) return leaveJoint(configuration)
  if (change.transition !== "Auto") {
    return enterJoint(configuration, change.transition === "JointImplicit", change.changes)
  }
  const next = simple(configuration, change.changes)
  return next === "SeveralVoters" ? enterJoint(configuration, true, change.changes) : next
}

/** Takes the steps at once. At most one voter may differ in the end; learners may as they like. */
export const simple = (
  configuration: Configuration,
  steps: ReadonlyArray<ConfChangeStep>
): Configuration | ChangeProblem => {
  if (isJoint(configuration)) return "Joint"
  const next = takeSteps(configuration, steps)
  if (next.voters.length === 0) return "NoVoters"
  return differences(configuration.voters, next.voters) > 1 ? "SeveralVoters" : next
}

/** The present voters stay as the outgoing half, and the steps are taken on the other. */
export const enterJoint = (
  configuration: Configuration,
  autoLeave: boolean,
  steps: ReadonlyArray<ConfChangeStep>
): Configuration | ChangeProblem => {
  if (isJoint(configuration)) return "AlreadyJoint"
  if (configuration.voters.length === 0) return "NoVotersYet"
  const both = { ...configuration, votersOutgoing: configuration.voters, autoLeave }
  const next = takeSteps(both, steps)
  return next.voters.length === 0 ? "NoVoters" : next
}

/** The outgoing half is dropped. Those of it who shall be learners are so now. */
export const leaveJoint = (configuration: Configuration): Configuration | ChangeProblem => {
  if (!isJoint(configuration)) return "NotJoint"
  return {
    voters: configuration.voters,
    votersOutgoing: [],
    learners: sortedIds([...configuration.learners, ...configuration.learnersNext]),
    learnersNext: [],
    autoLeave: false
  }
}

/** Each step takes its node out wherever it is, and then puts it where it belongs. */
const takeSteps = (
  configuration: Configuration,
  steps: ReadonlyArray<ConfChangeStep>
): Configuration => {
  const voters = new Set(configuration.voters)
  const learners = new Set(configuration.learners)
  const learnersNext = new Set(configuration.learnersNext)
  for (const { kind, node } of steps) {
    voters.delete(node)
    learners.delete(node)
    learnersNext.delete(node)
    if (kind === "AddVoter") voters.add(node)
    if (kind === "AddLearner") {
      // Who still votes in the outgoing half cannot listen only: voters and learners never overlap.
      const place = configuration.votersOutgoing.includes(node) ? learnersNext : learners
      place.add(node)
    }
  }
  return {
    ...configuration,
    voters: sortedIds(voters),
    learners: sortedIds(learners),
    learnersNext: sortedIds(learnersNext)
  }
}

const differences = (
  left: ReadonlyArray<IncarnationId>,
  right: ReadonlyArray<IncarnationId>
): number =>
  left.filter((id) => !right.includes(id)).length + right.filter((id) => !left.includes(id)).length
