/**
 * RA9, Raft §5.3: when an entry is committed, a quorum of the configuration in force has it on synced disks.
 * From then on those that lack it never form a quorum, whatever disks do: that would elect a leader without
 * it. A single disk may lose it, where it held an entry before that was committed by others.
 *
 * All of it rests on what each node believes of its own disk, so that is compared with the disk as well.
 *
 * **Gotcha**: a voter whose disk was lost keeps its place in the configuration, and no process has its id.
 * What it promised was true, and it never votes again, so it counts as a holder of what that disk held.
 */
import type { Configuration } from "@distri/raft/membership/Configuration"
import { emptyConfiguration } from "@distri/raft/membership/Configuration"
import { voteResult } from "@distri/raft/quorum/Joint"
import type { IncarnationId } from "@distri/raft/IncarnationId"
import type { DiskImage, Invariant, SimNode, World } from "../Invariant.ts"
import { CommittedLog } from "./CommittedLog.ts"

export const committedIsDurable: Invariant = {
  rule: "RA9",
  title: "CommittedIsDurable",
  on: ["Stepped", "Synced", "Started", "DiskLost"],
  make: () => {
    const committed = new CommittedLog()
    // A lost disk never changes again, so it can be held on to.
    const lost = new Map<IncarnationId, DiskImage>()
    let inForce = emptyConfiguration
    return (world, event) => {
      switch (event._tag) {
        case "Stepped":
          if (event.event._tag === "Persisted") {
            const mistake = mistaken(event.node)
            if (mistake !== undefined) return mistake
          }
          if (!committed.learn(event.node)) return undefined
          inForce = event.node.raft!.configuration
          return checkCommit(
            (id) => isOn(world.node(id)?.disk ?? lost.get(id), committed),
            committed,
            inForce,
            event.node
          )
        case "DiskLost":
          lost.set(event.id, event.disk)
          return checkLoss(world, committed, inForce, event.node)
        case "Synced":
        case "Started":
          return isOn(event.node.disk, committed)
            ? undefined
            : checkLoss(world, committed, inForce, event.node)
        default:
          return undefined
      }
    }
  }
}

const mistaken = ({ name, raft, disk }: SimNode): string | undefined => {
  const { log } = raft!
  const { durable } = log
  if (durable < log.firstIndex || disk.snapshot.index >= durable) return undefined
  return disk.term(durable) === log.term(durable)
    ? undefined
    : `${name} takes entry ${durable} of term ${log.term(durable)} for durable, and its disk has ${disk.term(durable)} there`
}

/** Where logs match, the last entry stands for all before it. */
const isOn = (disk: DiskImage | undefined, committed: CommittedLog): boolean =>
  disk !== undefined &&
  (disk.snapshot.index >= committed.last ||
    disk.term(committed.last) === committed.term(committed.last))

const checkCommit = (
  has: (id: IncarnationId) => boolean,
  committed: CommittedLog,
  configuration: Configuration,
  { name }: SimNode
): string | undefined => {
  if (voteResult(configuration, has) === "won") return undefined
  const lacking = configuration.voters.filter((id) => !has(id))
  return `${name} committed ${committed.last}, which is not on the disks of ${lacking.join(", ")}`
}

const checkLoss = (
  world: World,
  committed: CommittedLog,
  configuration: Configuration,
  { name }: SimNode
): string | undefined => {
  const lacks = (id: string) => {
    const node = world.node(id)
    return node !== undefined && !isOn(node.disk, committed)
  }
  if (configuration.voters.length === 0 || voteResult(configuration, lacks) !== "won") {
    return undefined
  }
  return `with the disk of ${name}, a quorum is without the committed entry ${committed.last}`
}
