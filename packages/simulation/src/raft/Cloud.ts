/**
 * All machines of a run, the network between them, and the list of what happened: every event passes
 * through `emit`, which counts it, mixes it into the hash, keeps the last ones for a report, and shows it to
 * the rules.
 */
import type { IncarnationId } from "@distri/raft/IncarnationId"
import type { Message, Snap } from "@distri/raft/Message"
import type { Restored } from "@distri/raft/Restored"
import { Random } from "../random/Random.ts"
import type { Breaks } from "./Breaks.ts"
import { EventHeap } from "./EventHeap.ts"
import { founding } from "./founding.ts"
import { History } from "./History.ts"
import type { World, WorldEvent } from "./Invariant.ts"
import { Network } from "./Network.ts"
import { Process } from "./Process.ts"
import type { NodeConfig, Profile } from "./Profile.ts"
import { canLoseDisk } from "./quorums.ts"
import type { Journal } from "./Journal.ts"

export interface CloudOptions {
  readonly seed: number
  /** Founding voters, and spare machines beside them. */
  readonly founders: number
  readonly spares: number
  readonly profile: Profile
  readonly config: NodeConfig
  readonly breaks: Breaks
  readonly journal: Journal
}

export class Cloud implements World {
  readonly seed: number
  readonly profile: Profile
  readonly config: NodeConfig
  readonly breaks: Breaks
  readonly heap = new EventHeap()
  readonly history = new History()
  readonly network: Network<Message>
  readonly nodes: ReadonlyArray<Process>
  /** What a founder's disk holds at the start. */
  readonly founding: Restored
  nowMs = 0
  isFaulty = true
  /** Whose core took an event last: the one to blame when it throws. */
  stepping: Process | undefined = undefined
  private readonly journal: Journal
  private readonly byId = new Map<IncarnationId, Process>()
  /** From each machine to each: what is drawn for the snapshots and the failures on the way. */
  private readonly transfers: ReadonlyArray<ReadonlyArray<Random>>
  private readonly failures: ReadonlyArray<ReadonlyArray<Random>>
  private tokens = 0

  constructor(options: CloudOptions) {
    const { seed, founders, spares, profile } = options
    this.seed = seed
    this.profile = profile
    this.config = options.config
    this.breaks = options.breaks
    this.journal = options.journal
    this.founding = founding(founders, profile.foundedAt)
    const numbers = Array.from({ length: founders + spares }, (_, number) => number)
    this.nodes = numbers.map(
      (number) => new Process(this, number, number < founders ? this.founding : undefined)
    )
    for (const node of this.nodes) this.byId.set(node.id, node)
    const names = this.nodes.map(({ name }) => name)
    const streams = (concern: string) =>
      names.map((from) => names.map((to) => new Random(seed, `${concern}/${from}>${to}`)))
    this.transfers = streams("transfers")
    this.failures = streams("failures")
    this.network = new Network(seed, names, profile, this.heap, (to, message) =>
      this.nodes[to]!.receive(message)
    )
  }

  node(id: IncarnationId): Process | undefined {
    return this.byId.get(id)
  }

  named(name: string): Process | undefined {
    return this.nodes.find((node) => node.name === name)
  }

  /** `old` is nobody's id any more. */
  rename(process: Process, old: IncarnationId | undefined): void {
    if (old !== undefined) this.byId.delete(old)
    this.byId.set(process.id, process)
  }

  nextToken(): number {
    return ++this.tokens
  }

  emit(event: WorldEvent): void {
    this.journal.add(this, event)
  }

  canLoseDisk(process: Process): boolean {
    return canLoseDisk(this, process)
  }

  send(from: Process, message: Message): void {
    this.emit({ _tag: "Sent", node: from, message })
    const to = this.byId.get(message.to)
    if (message._tag === "Snap") return this.transfer(from, to, message)
    if (to === undefined) return
    this.network.send(this.nowMs, from.number, to.number, message)
    const isNoticed = this.failures[from.number]![to.number]!.chance(0.05)
    if (isNoticed && !this.network.isOpen(from.number, to.number)) {
      from.after(1, () => from.step({ _tag: "PeerUnreachable", peer: message.to }))
    }
  }

  /**
   * The bytes of a snapshot travel on their own, and the message is given to the core when they are there.
   * Both ends must be up and connected at the end. The sender may hear of a failure that was none.
   */
  private transfer(from: Process, to: Process | undefined, message: Snap): void {
    const { transferMinMs, transferMaxMs, transferFailRatio } = this.profile
    const peer = message.to
    const random = this.transfers[from.number]![numberOf(peer)]!
    const ms = random.between(transferMinMs, transferMaxMs)
    const fails = random.chance(transferFailRatio) && this.isFaulty
    const isReported = random.chance(0.9) || !this.isFaulty
    const { index, reference } = message.snapshot
    from.after(ms, () => {
      const image = from.disk.image(reference)
      const arrives =
        to !== undefined &&
        to.id === peer &&
        to.isUp &&
        image !== undefined &&
        this.network.isOpen(from.number, to.number) &&
        this.network.isOpen(to.number, from.number)
      if (arrives && !fails) {
        to.run(() => {
          to.disk.store(message.snapshot, image)
          to.step({ _tag: "Received", message })
        })
      }
      const isSent = arrives && !fails && isReported
      from.step({ _tag: isSent ? "SnapshotSent" : "SnapshotFailed", peer, index })
    })
  }
}

/** Of the machine that has or had this id: "n3/2" is the second life of the third. */
const numberOf = (id: IncarnationId): number => Number(id.slice(1, id.indexOf("/"))) - 1
