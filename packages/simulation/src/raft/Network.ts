/**
 * Carries messages between machines: late, twice, out of order, or not at all. Each direction of each link
 * has its own stream of randomness, so what happens on one does not change what happens on another.
 *
 * A message that is under way when a partition begins still arrives: what is cut off is what is sent.
 */
import { isCut } from "../fault/isCut.ts"
import { Random } from "../random/Random.ts"
import type { EventHeap } from "./EventHeap.ts"
import type { Fault, Partition, SlowLink, Storm } from "./Fault.ts"
import type { Profile } from "./Profile.ts"

interface Link {
  readonly random: Random
  /** How many faults cut it now. */
  cuts: number
  extraMs: number
}

/** A fault that acts on the network as long as it lasts. */
export type NetworkFault = Partition | Storm | SlowLink

export const isNetworkFault = (fault: Fault): fault is NetworkFault =>
  fault.kind === "partition" || fault.kind === "storm" || fault.kind === "slowLink"

export class Network<Message> {
  sent = 0
  dropped = 0
  private readonly names: ReadonlyArray<string>
  private readonly links: ReadonlyArray<ReadonlyArray<Link>>
  private readonly heap: EventHeap
  private readonly profile: Profile
  private readonly deliver: (to: number, message: Message) => void
  private lossRatio = 0
  private duplicateRatio = 0
  private extraMs = 0
  private stragglerRatio = 0

  constructor(
    seed: number,
    names: ReadonlyArray<string>,
    profile: Profile,
    heap: EventHeap,
    deliver: (to: number, message: Message) => void
  ) {
    this.names = names
    this.heap = heap
    this.profile = profile
    this.deliver = deliver
    this.lossRatio = profile.lossRatio
    this.duplicateRatio = profile.duplicateRatio
    this.stragglerRatio = profile.stragglerRatio
    this.links = names.map((from) =>
      names.map((to) => ({
        random: new Random(seed, `network/${from}>${to}`),
        cuts: 0,
        extraMs: 0
      }))
    )
  }

  /** Draws the same numbers for every message, whatever becomes of it. */
  send(nowMs: number, from: number, to: number, message: Message): void {
    const link = this.links[from]![to]!
    const { random } = link
    this.sent++
    const isLost = random.chance(this.lossRatio)
    const delayMs = this.delay(link)
    const isDoubled = random.chance(this.duplicateRatio)
    const laterMs = this.delay(link)
    if (isDoubled && link.cuts === 0) this.carry(nowMs + laterMs, to, message)
    if (isLost || link.cuts > 0) this.dropped++
    else this.carry(nowMs + delayMs, to, message)
  }

  /** Whether what `from` sends to `to` can arrive. */
  isOpen(from: number, to: number): boolean {
    return this.links[from]![to]!.cuts === 0
  }

  begin(fault: NetworkFault): void {
    this.change(fault, 1)
  }

  end(fault: NetworkFault): void {
    this.change(fault, -1)
  }

  /** From here on nothing is lost and nothing comes twice (SIM5). All faults have ended. */
  heal(): void {
    this.lossRatio = 0
    this.duplicateRatio = 0
    this.stragglerRatio = 0
    this.extraMs = 0
  }

  private change(fault: NetworkFault, sign: 1 | -1): void {
    switch (fault.kind) {
      case "storm":
        this.lossRatio += sign * fault.lossRatio
        this.duplicateRatio += sign * fault.duplicateRatio
        this.extraMs += sign * fault.extraMs
        return
      case "slowLink": {
        const link = this.links[this.names.indexOf(fault.from)]![this.names.indexOf(fault.to)]!
        link.extraMs += sign * fault.extraMs
        return
      }
      case "partition":
        for (let from = 0; from < this.names.length; from++) {
          for (let to = 0; to < this.names.length; to++) {
            if (isCut(fault, this.names[from]!, this.names[to]!))
              this.links[from]![to]!.cuts += sign
          }
        }
    }
  }

  private delay(link: Link): number {
    const { delayMinMs, delayMaxMs, stragglerMs } = this.profile
    const isStraggler = link.random.chance(this.stragglerRatio)
    const maxMs = (isStraggler ? stragglerMs : delayMaxMs) + this.extraMs + link.extraMs
    return delayMinMs + link.random.next() * maxMs
  }

  private carry(atMs: number, to: number, message: Message): void {
    this.heap.set(atMs, () => this.deliver(to, message))
  }
}
