/**
 * A connection as the two operating systems keep it: two streams, and what happens to each side when the
 * other closes, dies, or is lost.
 *
 * **Gotchas**
 *
 * One side may be gone while the other does not know (half open): it learns when it sends and the answer is
 * a reset, or never. A reset that meets a cut is lost, as real ones are.
 */
import type { Host } from "./Host.ts"
import type { Link } from "./Link.ts"
import type { SimProcess } from "../kernel/SimProcess.ts"
import { broken, refused } from "./socketErrors.ts"
import { SimStream, type Way } from "./SimStream.ts"

/** Where a connection begins or ends. */
export interface Place {
  readonly host: Host
  readonly process: SimProcess
}

/** One side of a connection. */
export interface Side extends Place {
  readonly incoming: SimStream
  readonly outgoing: SimStream
  /** This side knows nothing of the connection any more. */
  isGone: boolean
  /** It said that nothing more comes, so what the other side says in the end needs no answer. */
  saidEnd: boolean
}

export class SimConnection {
  readonly left: Side
  readonly right: Side
  private readonly net: SimProcess
  private readonly links: readonly [there: Link, back: Link]
  private readonly giveUpMs: number

  constructor(net: SimProcess, from: Place, to: Place, links: readonly [there: Link, back: Link]) {
    this.net = net
    this.links = links
    const [there, back] = links
    const { giveUpMinMs, giveUpMaxMs } = there.profile
    this.giveUpMs = there.random.between(giveUpMinMs, giveUpMaxMs)
    const forth = this.stream({ net, there, back }, from, to, () => [this.left, this.right])
    const home = this.stream({ net, there: back, back: there }, to, from, () => [
      this.right,
      this.left
    ])
    this.left = { ...from, incoming: home, outgoing: forth, isGone: false, saidEnd: false }
    this.right = { ...to, incoming: forth, outgoing: home, isGone: false, saidEnd: false }
  }

  get isOver(): boolean {
    return this.left.isGone && this.right.isGone
  }

  sideOf(process: SimProcess): Side | undefined {
    return [this.left, this.right].find((side) => side.process === process && !side.isGone)
  }

  /** The program lets go, or its process ended: what was written still arrives, then the end. */
  close(side: Side): void {
    if (side.isGone) return
    if (side.incoming.hasUnread) return this.abort(side)
    side.isGone = true
    side.saidEnd = true
    side.incoming.stopReading(refused)
    side.outgoing.finish()
  }

  /** Lets go by force. */
  abort(side: Side): void {
    if (side.isGone) return
    this.lose(side)
    this.sendReset(side)
  }

  /** This side breaks, and the other one is not told. */
  lose(side: Side): void {
    if (side.isGone) return
    side.isGone = true
    // First, or the program that learns of it would still say goodbye.
    side.outgoing.vanish()
    side.incoming.stopReading(broken)
  }

  /** The whole machine of this side is gone. */
  vanish(side: Side): void {
    side.isGone = true
    side.outgoing.vanish()
  }

  /** Breaks in the midst of what is under way: both sides learn it when they have read what came before. */
  reset(): void {
    for (const side of [this.left, this.right]) {
      side.incoming.tear()
      this.lose(side)
    }
  }

  private stream(
    way: Way,
    from: Place,
    to: Place,
    sides: () => readonly [from: Side, to: Side]
  ): SimStream {
    let isStuck = false
    return new SimStream(way, {
      sender: from.process,
      receiver: to.process,
      takes: (isEnd) => {
        const [, receiver] = sides()
        if (receiver.isGone && !(isEnd && receiver.saidEnd)) this.sendReset(receiver)
        return !receiver.isGone
      },
      onStuck: () => {
        if (isStuck) return
        isStuck = true
        this.net.kernel.setTimer(this.net, this.giveUpMs, () => {
          isStuck = false
          if (way.there.isCut || way.back.isCut) this.lose(sides()[0])
        })
      }
    })
  }

  /** Tells the other side that here is nothing. */
  private sendReset(from: Side): void {
    const other = from === this.left ? this.right : this.left
    const link = from === this.left ? this.links[0] : this.links[1]
    if (from.host.isDark || link.isCut) return
    const { kernel } = this.net
    kernel.setTimer(this.net, link.delayMs(kernel.nowMs, 1), () => this.lose(other))
  }
}
