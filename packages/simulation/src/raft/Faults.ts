/** Carries out the faults of a list at their times, and ends them all when the run heals. */
import type { Cloud } from "./Cloud.ts"
import type { Fault, Flood, Nudge } from "./Fault.ts"
import { isNetworkFault, type NetworkFault } from "./Network.ts"
import type { Operator } from "./Operator.ts"
import type { Process } from "./Process.ts"

export class Faults {
  private readonly cloud: Cloud
  private readonly operator: Operator
  private readonly lasting = new Set<Fault>()
  private isOver = false

  constructor(cloud: Cloud, operator: Operator, faults: ReadonlyArray<Fault>) {
    this.cloud = cloud
    this.operator = operator
    for (const fault of faults) cloud.heap.set(fault.at, () => this.begin(fault))
  }

  /** Everything works from here on (RA18): nothing is slow, cut off, paused or down. */
  heal(): void {
    for (const fault of this.lasting) this.end(fault)
    this.isOver = true
    this.cloud.isFaulty = false
    this.cloud.network.heal()
    this.operator.heal()
    for (const node of this.cloud.nodes) {
      node.disarm()
      if (node.isFounded) node.start()
    }
    this.cloud.emit({ _tag: "Healed" })
  }

  private begin(fault: Fault): void {
    if (this.isOver) return
    this.cloud.emit({ _tag: "FaultBegan", fault })
    if ("forMs" in fault) {
      this.lasting.add(fault)
      this.cloud.heap.set(this.cloud.nowMs + fault.forMs, () => this.end(fault))
    }
    if (isNetworkFault(fault)) return this.cloud.network.begin(fault)
    if (fault.kind === "flood") return this.flood(fault.entries)
    const node = this.cloud.named(fault.node)
    if (node !== undefined) this.strike(node, fault)
  }

  private strike(node: Process, fault: Exclude<Fault, NetworkFault | Flood>): void {
    switch (fault.kind) {
      case "crash":
        return this.victim(node)?.arm(fault)
      case "pause":
        return node.pause(fault)
      case "slowDisk":
        node.pace.slowSyncMs += fault.syncMs
        return
      case "slowApply":
        node.pace.slowApplyMs += fault.applyMs
        return
      case "snapshot":
        return node.run(() => node.applier.takeSnapshot(fault.keep))
      case "transfer":
      case "campaign":
      case "forgetLeader":
      case "unreachable":
        return node.run(() => this.nudge(node, fault))
      default:
        return this.operator.add(fault)
    }
  }

  /** Who crashes: the node itself or, when it is down already, the next one that runs. */
  private victim({ number }: Process): Process | undefined {
    const { nodes } = this.cloud
    return [...nodes.slice(number), ...nodes.slice(0, number)].find(({ isUp }) => isUp)
  }

  private flood(entries: number): void {
    for (const node of this.cloud.nodes) {
      if (node.raft?.role === "leader") node.run(() => node.requests.addNoise(entries))
    }
  }

  private nudge(node: Process, { kind, peer: name }: Nudge): void {
    const peer = this.cloud.named(name)?.id
    if (kind === "campaign") node.step({ _tag: "CampaignRequested" })
    else if (kind === "forgetLeader") node.step({ _tag: "LeaderForgotten" })
    else if (peer === undefined) return
    else if (kind === "transfer") node.step({ _tag: "TransferRequested", to: peer })
    else node.step({ _tag: "PeerUnreachable", peer })
  }

  private end(fault: Fault): void {
    if (!this.lasting.delete(fault)) return
    if (isNetworkFault(fault)) return this.cloud.network.end(fault)
    const node = "node" in fault ? this.cloud.named(fault.node) : undefined
    if (node === undefined) return
    if (fault.kind === "pause") node.resume(fault)
    if (fault.kind === "slowDisk") node.pace.slowSyncMs -= fault.syncMs
    if (fault.kind === "slowApply") node.pace.slowApplyMs -= fault.applyMs
  }
}
