/** Which losses a cloud survives. A fault that no design survives teaches nothing, so it is left out. */
import type { IncarnationId } from "@distri/raft/IncarnationId"
import type { Configuration } from "@distri/raft/membership/Configuration"
import type { Cloud } from "./Cloud.ts"
import type { Process } from "./Process.ts"

const hasMajority = (ids: ReadonlyArray<IncarnationId>, isAlive: (id: IncarnationId) => boolean) =>
  ids.length === 0 || 2 * ids.filter(isAlive).length > ids.length

/** Whether the memories that are alive, on machines up or down, can decide. */
export const canDecide = (
  configuration: Configuration,
  isAlive: (id: IncarnationId) => boolean
): boolean =>
  hasMajority(configuration.voters, isAlive) && hasMajority(configuration.votersOutgoing, isAlive)

/** The node that leads by its own account, in the highest term. */
export const leaderOf = (cloud: Cloud): Process | undefined => {
  let leader: Process | undefined
  for (const node of cloud.nodes) {
    if (node.raft?.role !== "leader") continue
    if (leader === undefined || node.raft.term > leader.raft!.term) leader = node
  }
  return leader
}

/** The node that leads by its own account in the lowest term: where there are two, the deposed one. */
export const oldestLeader = (cloud: Cloud): Process | undefined => {
  let oldest: Process | undefined
  for (const node of cloud.nodes) {
    if (node.raft?.role !== "leader") continue
    if (oldest === undefined || node.raft.term < oldest.raft!.term) oldest = node
  }
  return oldest
}

/** The configuration of the node that has applied most, up or down. */
export const latestConfiguration = (cloud: Cloud): Configuration | undefined => {
  let latest: Process | undefined
  for (const node of cloud.nodes) {
    if (node.machine.applied >= (latest?.machine.applied ?? 0)) latest = node
  }
  return latest?.raft?.configuration ?? latest?.lastConfiguration
}

/** Only while no change of membership is in anybody's log and not applied, so that nothing shifts under it. */
export const canLoseDisk = (cloud: Cloud, process: Process): boolean => {
  const configuration = latestConfiguration(cloud)
  return (
    configuration !== undefined &&
    configuration.voters.length > 0 &&
    cloud.nodes.every((node) => !node.isFounded || isUnchanging(node)) &&
    canDecide(configuration, (id) => id !== process.id && cloud.node(id) !== undefined)
  )
}

const isUnchanging = (node: Process): boolean => {
  const { disk } = node
  for (let index = disk.hardState.commit + 1; index <= disk.lastIndex; index++) {
    if (disk.entry(index)?.kind === "confChange") return false
  }
  return hasAppliedChanges(node)
}

/** No change of membership is in the log of this process and not applied. */
export const hasAppliedChanges = ({ raft }: Process): boolean => {
  if (raft === undefined) return true
  for (let index = raft.log.applied + 1; index <= raft.log.lastIndex; index++) {
    if (raft.log.entry(index)?.kind === "confChange") return false
  }
  return true
}
