/**
 * What must be true again when all faults are over (RA18): one leader whom all members follow, proposals
 * that commit, a leader that stays through short stalls, and in the end the same state everywhere.
 */
import { type Configuration, isVoter, members } from "@distri/raft/membership/Configuration"
import type { LogIndex, Term } from "@distri/raft/LogIndex"
import type { Random } from "../random/Random.ts"
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

/** False when so many memories are lost that no cloud could go on, or when somebody disturbs it for ever. */
export const canHeal = (cloud: Cloud): boolean => {
  const configuration = latestConfiguration(cloud)
  return (
    configuration !== undefined &&
    canDecide(configuration, (id) => cloud.node(id) !== undefined) &&
    !isDisturbed(cloud, configuration)
  )
}

/**
 * A removed node that does not know of it raises the term again and again. Pre-vote or check-quorum keep the
 * others from listening; without both, Raft has nothing against it (Ongaro §4.2.3).
 */
const isDisturbed = (cloud: Cloud, configuration: Configuration): boolean => {
  if (cloud.config.preVote || cloud.config.checkQuorum) return false
  const known = members(configuration)
  return cloud.nodes.some(
    ({ id, raft }) => raft !== undefined && isVoter(raft.configuration, id) && !known.includes(id)
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

/** Time for each node to stall, one after the other. */
const stallEveryMs = 2_200

/**
 * Stalls of the event loop that are shorter than an election timeout, of each node in turn. Says how long it
 * takes until all is over.
 */
export const stall = (cloud: Cloud): number => {
  const stallMs = 6.5 * cloud.profile.tickMs
  const gapMs = 0.1 * cloud.profile.tickMs
  const running = cloud.nodes.filter(({ isUp }) => isUp)
  for (const [at, node] of running.entries()) {
    for (let repeat = 0; repeat < 3; repeat++) {
      const startMs = cloud.nowMs + stallEveryMs * (at + 0.5) + repeat * (stallMs + gapMs)
      cloud.heap.set(startMs, () => node.pause())
      cloud.heap.set(startMs + stallMs, () => node.resume())
    }
  }
  return stallEveryMs * (running.length + 1)
}

/**
 * Asks for votes in the next term as a node would that has heard nothing for long and knows of no pre-vote.
 * Under a leader that is alive nobody listens (Ongaro §4.2.3).
 */
export const disturb = (cloud: Cloud, random: Random): void => {
  const leader = leaderOf(cloud)
  if (leader === undefined || !cloud.config.checkQuorum) return
  const { voters } = leader.raft!.configuration
  const others = cloud.nodes.filter((node) => node !== leader && voters.includes(node.id))
  if (others.length === 0) return
  const candidate = random.pick(others)
  const { term, log } = candidate.raft!
  for (const { id, number } of cloud.nodes) {
    if (id === candidate.id || !voters.includes(id)) continue
    cloud.network.send(cloud.nowMs, candidate.number, number, {
      _tag: "Vote",
      from: candidate.id,
      to: id,
      term: term + 1,
      lastIndex: log.lastIndex,
      lastTerm: log.lastTerm,
      transfer: false,
      commit: 0,
      commitTerm: 0
    })
  }
}

/** After the disturbance and the stalls: nobody may have been elected. */
export const notCalm = (cloud: Cloud, term: Term): string | undefined => {
  const leader = leaderOf(cloud)
  if (leader === undefined) return "a leader stepped down although all followed it"
  return leader.raft!.term === term
    ? undefined
    : `term ${term} had a leader whom all followed, and now it is term ${leader.raft!.term}`
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
