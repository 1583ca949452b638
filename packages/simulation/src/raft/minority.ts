/**
 * A cut that lasts: a minority of the voters cannot talk, or not be heard, or not hear. RA18 promises that
 * the others go on as if nothing were wrong (Ongaro §4.2.3, §6.2, §9.6).
 */
import type { Random } from "../random/Random.ts"
import type { Cloud } from "./Cloud.ts"
import type { Partition } from "./Fault.ts"
import type { Process } from "./Process.ts"
import { canDecide, hasAppliedChanges, latestConfiguration, leaderOf } from "./quorums.ts"

export interface Minority {
  readonly nodes: ReadonlyArray<Process>
  readonly partition: Partition
}

/** The leader is among them in half of the cases. Undefined where every voter is needed. */
export const drawMinority = (cloud: Cloud, random: Random): Minority | undefined => {
  const configuration = latestConfiguration(cloud)
  // Who has not applied a change may still need those who are cut off.
  if (configuration === undefined || !cloud.nodes.every(hasAppliedChanges)) return undefined
  const leader = leaderOf(cloud)
  const takesLeader = random.chance(0.5)
  const sizeMax = 1 + random.below(3)
  const candidates = cloud.nodes
    .filter((node) => configuration.voters.includes(node.id) && (takesLeader || node !== leader))
    .map((node) => ({ node, rank: takesLeader && node === leader ? -1 : random.next() }))
    .toSorted((left, right) => left.rank - right.rank)
  const nodes: Array<Process> = []
  for (const { node } of candidates) {
    const isLeft = (id: string) => {
      const process = cloud.node(id)
      return process !== undefined && process !== node && !nodes.includes(process)
    }
    if (nodes.length < sizeMax && canDecide(configuration, isLeft)) nodes.push(node)
  }
  if (nodes.length === 0) return undefined
  return { nodes, partition: drawPartition(cloud, random, nodes) }
}

/**
 * What only half works needs check-quorum, else a leader that hears nobody leads on, and nothing commits; and
 * pre-vote, else a candidate that hears nobody raises the term against every other candidate.
 */
const drawPartition = (
  cloud: Cloud,
  random: Random,
  minority: ReadonlyArray<Process>
): Partition => {
  const kind = random.pick(["split", "mute", "deaf"] as const)
  const isOneWay = kind !== "split" && cloud.config.checkQuorum && cloud.config.preVote
  const senders =
    isOneWay && kind === "deaf" ? cloud.nodes.filter((node) => !minority.includes(node)) : minority
  return {
    kind: "partition",
    at: cloud.nowMs,
    forMs: Number.POSITIVE_INFINITY,
    shape: isOneWay ? "oneWay" : "split",
    nodes: senders.map(({ name }) => name)
  }
}

/** After ten election timeouts: a sentence if those that are left do not follow one leader of their own. */
export const notLedWithout = (cloud: Cloud, { nodes }: Minority): string | undefined => {
  const leader = leaderOf(cloud)
  if (leader === undefined) return "the majority has no leader"
  if (nodes.includes(leader)) return `${leader.id} is cut off and leads`
  const { voters } = leader.raft!.configuration
  for (const { id, raft } of cloud.nodes) {
    const isCut = nodes.some((node) => node.id === id)
    if (isCut && raft?.role === "leader" && cloud.config.checkQuorum)
      return `${id} is cut off and still leads`
    if (!isCut && voters.includes(id) && raft?.leader !== leader.id)
      return `${id} of the majority follows ${raft?.leader ?? "nobody"}, not ${leader.id}`
  }
  return undefined
}
