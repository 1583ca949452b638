/**
 * What must be true again when all faults are over (RA18): one leader whom all members follow, proposals
 * that commit, a leader that stays through short stalls, and in the end the same state everywhere.
 */
import type { LogIndex, Term } from "@distri/raft/LogIndex"
import { defaults } from "@distri/raft/RaftConfig"
import type { Cloud } from "./Cloud.ts"
import type { Process } from "./Process.ts"
import { canDecide, latestConfiguration, leaderOf } from "./quorums.ts"

/** Members of the leader's configuration, itself among them. */
const membersOf = (cloud: Cloud, leader: Process): ReadonlyArray<Process> => {
  const { voters, votersOutgoing, learners } = leader.raft!.configuration
  return cloud.nodes.filter(({ id }) =>
    [voters, votersOutgoing, learners].some((ids) => ids.includes(id))
  )
}

/** False when so many memories are lost that no cloud could go on. */
export const canHeal = (cloud: Cloud): boolean => {
  const configuration = latestConfiguration(cloud)
  return (
    configuration !== undefined && canDecide(configuration, (id) => cloud.node(id) !== undefined)
  )
}

/** After ten election timeouts: a sentence if not all members follow one leader. */
export const notLed = (cloud: Cloud): string | undefined => {
  const leaders = cloud.nodes.filter(({ raft }) => raft?.role === "leader")
  const [leader] = leaders
  if (leader === undefined) return "there is no leader"
  if (leaders.length > 1) return `${leaders.map(({ id }) => id).join(" and ")} lead`
  for (const { id, raft } of membersOf(cloud, leader)) {
    if (raft?.leader !== leader.id)
      return `${id} follows ${raft?.leader ?? "nobody"}, not ${leader.id}`
    if (raft.term !== leader.raft!.term) return `${id} is in another term than its leader`
  }
  return undefined
}

/** After ten election timeouts: a sentence if no proposal was acknowledged since `acknowledged`. */
export const notCommitting = (cloud: Cloud, acknowledged: LogIndex): string | undefined =>
  cloud.history.acknowledged > acknowledged ? undefined : "no proposal commits"

/** A window of one short message takes a round trip for each entry that piled up, and may take longer. */
export const hasSmallWindow = ({ config }: Cloud): boolean =>
  config.inflightMax < defaults.inflightMax

/** Stalls of the event loop that are shorter than an election timeout, the leader's among them. */
export const stall = (cloud: Cloud): void => {
  const leader = leaderOf(cloud)
  const stallMs = 6.5 * cloud.profile.tickMs
  const gapMs = 0.1 * cloud.profile.tickMs
  for (const [at, node] of [leader, cloud.nodes[0], leader].entries()) {
    for (let repeat = 0; repeat < 3; repeat++) {
      const startMs = cloud.nowMs + 2_500 * at + repeat * (stallMs + gapMs)
      cloud.heap.set(startMs, () => node?.pause())
      cloud.heap.set(startMs + stallMs, () => node?.resume())
    }
  }
}

/** After the stalls: nobody may have campaigned. */
export const notCalm = (cloud: Cloud, term: Term): string | undefined => {
  const leader = leaderOf(cloud)
  if (leader === undefined)
    return "a leader stepped down although nothing but short stalls happened"
  return leader.raft!.term === term
    ? undefined
    : `short stalls led from term ${term} to term ${leader.raft!.term}`
}

/** At the end: all members have applied the same. */
export const notEqual = (cloud: Cloud): string | undefined => {
  const leader = leaderOf(cloud)
  if (leader === undefined) return "there is no leader at the end"
  const { applied, digest } = leader.machine
  if (applied < leader.raft!.log.lastIndex) return `${leader.id} leads and has not applied its log`
  for (const { id, machine } of membersOf(cloud, leader)) {
    if (machine.applied !== applied) {
      return `${id} has applied ${machine.applied}, its leader ${applied}`
    }
    if (machine.digest !== digest) return `${id} differs from its leader at ${applied}`
  }
  return undefined
}
