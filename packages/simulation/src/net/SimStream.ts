/**
 * One direction of a connection: bytes in order, at the pace of the link, and as many under way as the far
 * end has room for.
 *
 * ```
 *   write --> under way (timers) --> arrived --> read
 *     ^                                           |
 *     +------------ room, by the way back --------+
 * ```
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type * as Socket from "effect/socket/Socket"
import type { SimProcess } from "../kernel/SimProcess.ts"
import type { Timer } from "../kernel/TimerHeap.ts"
import type { Link } from "./Link.ts"
import { broken, ended, refused } from "./socketErrors.ts"

/** What lies between a sender and a receiver. */
export interface Way {
  /** Belongs to nobody who could crash: what is under way arrives, whoever sent it. */
  readonly net: SimProcess
  readonly there: Link
  readonly back: Link
}

/** Who talks to whom. */
export interface Ends {
  readonly sender: SimProcess
  readonly receiver: SimProcess
  /** Says whether somebody is there to take what arrives. */
  readonly takes: (isEnd: boolean) => boolean
  /** The sender sent what nobody can answer now. */
  readonly onStuck: () => void
}

interface Packet {
  /** Undefined: the end of the stream. */
  readonly bytes: Uint8Array | undefined
  timer: Timer | undefined
}

type Read = Effect.Effect<Arr.NonEmptyReadonlyArray<Uint8Array>, Socket.SocketError>
type Written = Effect.Effect<void, Socket.SocketError>

const windowBytes = 64 * 1024
const pieceMaxBytes = 16 * 1024

export class SimStream {
  private readonly way: Way
  private readonly ends: Ends
  private readonly underWay: Array<Packet> = []
  private lastAtMs = 0
  private unreadBytes = 0
  private arrived: Array<Uint8Array> = []
  private sendOver: Socket.SocketError | undefined = undefined
  private readOver: Socket.SocketError | undefined = undefined
  private writer: ((written: Written) => void) | undefined = undefined
  private reader: ((read: Read) => void) | undefined = undefined

  constructor(way: Way, ends: Ends) {
    this.way = way
    this.ends = ends
  }

  get hasUnread(): boolean {
    return this.arrived.length > 0
  }

  readonly read: Read = Effect.callback((resume) => {
    this.reader = resume
    this.wakeReader()
    return Effect.sync(() => {
      if (this.reader === resume) this.reader = undefined
    })
  })

  write(bytes: Uint8Array): Written {
    return Effect.callback((resume) => {
      if (!this.ends.sender.isAlive) return
      if (this.sendOver !== undefined) return resume(Effect.fail(refused))
      this.unreadBytes += bytes.length
      for (const piece of this.pieces(bytes)) this.send(piece)
      if (this.unreadBytes <= windowBytes) return resume(Effect.void)
      this.writer = resume
      return Effect.sync(() => {
        if (this.writer === resume) this.writer = undefined
      })
    })
  }

  /** The sender says no more. What it said before still arrives. */
  finish(): void {
    if (this.sendOver !== undefined) return
    this.stopSending(refused)
    this.send(undefined)
  }

  stopSending(error: Socket.SocketError): void {
    if (this.sendOver !== undefined) return
    this.sendOver = error
    this.wakeWriter(Effect.fail(refused))
  }

  /** Whoever reads learns it, and what it has not read is gone. */
  stopReading(error: Socket.SocketError): void {
    if (this.readOver !== undefined && this.readOver !== ended) return
    this.arrived = []
    this.readOver = error
    this.ends.receiver.deliver(() => this.wakeReader())
  }

  /** Of all that is under way a part arrives now, cut at any byte, and the rest never. */
  tear(): void {
    let bytes = this.way.there.random.below(
      1 + this.underWay.reduce((sum, packet) => sum + (packet.bytes?.length ?? 0), 0)
    )
    for (const { bytes: sent, timer } of this.underWay.splice(0)) {
      if (timer !== undefined) this.way.net.kernel.cancel(timer)
      if (sent === undefined || bytes === 0) continue
      this.take(sent.subarray(0, bytes))
      bytes -= Math.min(bytes, sent.length)
    }
  }

  /** The machine of the sender is lost: what still waits there to be sent is gone. */
  vanish(): void {
    this.stopSending(broken)
    const sent = this.underWay.filter(({ timer }) => timer !== undefined)
    this.underWay.splice(0, Infinity, ...sent)
  }

  readonly resend = (): void => {
    for (const packet of this.underWay) if (packet.timer === undefined) this.launch(packet)
  };

  private *pieces(bytes: Uint8Array): Iterable<Uint8Array> {
    const { random } = this.way.there
    const isSplit = random.chance(this.way.there.profile.splitRatio)
    const first = random.below(bytes.length)
    let at = 0
    if (isSplit && first > 0 && first < pieceMaxBytes) yield bytes.subarray(0, (at = first))
    for (; at < bytes.length; at += pieceMaxBytes) yield bytes.subarray(at, at + pieceMaxBytes)
  }

  private send(bytes: Uint8Array | undefined): void {
    const packet: Packet = { bytes, timer: undefined }
    const { there, back } = this.way
    this.underWay.push(packet)
    if (there.isCut) there.wait(this)
    else this.launch(packet)
    if (there.isCut || back.isCut) this.ends.onStuck()
  }

  private launch(packet: Packet): void {
    const { there, net } = this.way
    const { kernel } = net
    const atMs = kernel.nowMs + there.delayMs(kernel.nowMs, packet.bytes?.length ?? 1)
    this.lastAtMs = Math.max(this.lastAtMs, atMs)
    packet.timer = kernel.setTimer(net, this.lastAtMs - kernel.nowMs, () => this.arrive())
  }

  private arrive(): void {
    const { bytes } = this.underWay.shift()!
    const { hash } = this.way.net.kernel
    hash.mix(this.way.there.number)
    if (bytes !== undefined) hash.mixBytes(bytes)
    if (!this.ends.takes(bytes === undefined)) return
    if (bytes !== undefined) return this.take(bytes)
    this.readOver ??= ended
    this.ends.receiver.deliver(() => this.wakeReader())
  }

  private take(bytes: Uint8Array): void {
    if (this.readOver !== undefined) return
    this.arrived.push(bytes)
    this.ends.receiver.deliver(() => this.wakeReader())
  }

  private wakeReader(): void {
    const resume = this.reader
    if (resume === undefined) return
    if (Arr.isArrayNonEmpty(this.arrived)) {
      const taken = this.arrived
      this.arrived = []
      this.reader = undefined
      this.makeRoom(taken)
      resume(Effect.succeed(taken))
    } else if (this.readOver !== undefined) {
      this.reader = undefined
      resume(Effect.fail(this.readOver))
    }
  }

  /** A writer that waits hears of it by the way back. */
  private makeRoom(taken: ReadonlyArray<Uint8Array>): void {
    const wasFull = this.unreadBytes > windowBytes
    for (const { length } of taken) this.unreadBytes -= length
    if (!wasFull || this.unreadBytes > windowBytes) return
    const { back } = this.way
    if (back.isCut) back.wait({ resend: () => this.tellRoom() })
    else this.tellRoom()
  }

  private tellRoom(): void {
    const { back, net } = this.way
    const { kernel } = net
    kernel.setTimer(net, back.delayMs(kernel.nowMs, 1), () => {
      if (this.unreadBytes <= windowBytes) this.wakeWriter(Effect.void)
    })
  }

  private wakeWriter(written: Written): void {
    const resume = this.writer
    if (resume === undefined) return
    this.writer = undefined
    this.ends.sender.deliver(() => resume(written))
  }
}
