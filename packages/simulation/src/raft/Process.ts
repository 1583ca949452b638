/**
 * One machine with the shell of a node in small: it feeds the core with events, and carries out what comes
 * of them in the order a real shell would. A crash ends a life: whatever that life had set to happen is
 * void (SIM3), and the next life begins with what the disk holds. A paused process runs nothing; what comes
 * meanwhile waits, and of the ticks it missed it takes one, after the messages.
 */
import type { Event } from "@distri/raft/Event"
import type { IncarnationId } from "@distri/raft/IncarnationId"
import type { Configuration } from "@distri/raft/membership/Configuration"
import type { Message } from "@distri/raft/Message"
import type { Output } from "@distri/raft/Output"
import { encode, hasOutput, make, type Raft, step, take, view } from "@distri/raft/Raft"
import type { RaftConfig } from "@distri/raft/RaftConfig"
import type { RaftView } from "@distri/raft/RaftView"
import { joining, type Restored } from "@distri/raft/Restored"
import { Random } from "../random/Random.ts"
import type { Breaks } from "./Breaks.ts"
import type { Cloud } from "./Cloud.ts"
import { Disk } from "./Disk.ts"
import type { Task } from "./EventHeap.ts"
import type { Crash, CrashPoint, Fault } from "./Fault.ts"
import type { SimNode } from "./Invariant.ts"
import { emptyImage, Machine } from "./Machine.ts"
import { Applier } from "./process/Applier.ts"
import { Pace } from "./process/Pace.ts"
import { Requests } from "./process/Requests.ts"
import { Writer } from "./process/Writer.ts"

export class Process implements SimNode {
  readonly name: string
  readonly number: number
  readonly cloud: Cloud
  readonly breaks: Breaks
  id: IncarnationId
  raft: RaftView | undefined = undefined
  disk: Disk
  machine: Machine
  limits: RaftConfig
  life = 0
  /** A spare machine that was never part of the cloud does not run. */
  isFounded: boolean
  applier: Applier
  requests: Requests
  /** Of the life before, while this node is down. */
  lastConfiguration: Configuration | undefined = undefined
  readonly pace: Pace

  private incarnation = 1
  private core: Raft | undefined = undefined
  private writer: Writer
  private armed: Crash | undefined = undefined
  /** What pauses it now: it runs again when all of them have ended. */
  private readonly pauses = new Set<Fault | undefined>()
  private held: Array<Task> = []
  private missedTicks = 0
  private isDraining = false
  private isTurnSet = false
  private env = { random: () => 0 }

  constructor(cloud: Cloud, number: number, restored: Restored | undefined) {
    this.cloud = cloud
    this.number = number
    this.name = `n${number + 1}`
    this.breaks = cloud.breaks
    this.id = `${this.name}/1`
    this.isFounded = restored !== undefined
    this.limits = { ...cloud.config, id: this.id, breaks: cloud.breaks }
    this.disk = this.emptyDisk(restored)
    this.machine = new Machine(emptyImage(this.disk.snapshot.index))
    this.applier = new Applier(this)
    this.requests = new Requests(this)
    this.writer = new Writer(this)
    this.pace = new Pace(cloud.seed, this.name, cloud.profile)
  }

  get isUp(): boolean {
    return this.core !== undefined
  }

  encoded(): Uint8Array | undefined {
    return this.core === undefined ? undefined : encode(this.core)
  }

  /** The wall clock of this machine. */
  clockMs(): number {
    return this.pace.clockMs(this.cloud.nowMs)
  }

  start(): void {
    if (this.core !== undefined) return
    this.life++
    const { cloud, disk } = this
    const random = new Random(cloud.seed, `${this.name}#${this.life}`)
    this.env = { random: () => random.next() }
    this.machine = new Machine(disk.image(disk.snapshot.reference)!)
    this.applier = new Applier(this)
    this.requests = new Requests(this)
    this.writer = new Writer(this)
    this.armed = undefined
    this.pauses.clear()
    this.isDraining = false
    this.isTurnSet = false
    this.missedTicks = 0
    cloud.stepping = this
    this.core = make(this.limits, disk.restored())
    this.raft = view(this.core)
    cloud.emit({ _tag: "Started", node: this })
    this.setTick(this.pace.firstTickMs())
    this.pump()
  }

  /** What this life had set to happen is void from now on. */
  crash(fault: Crash): void {
    if (this.core === undefined) return
    this.life++
    this.lastConfiguration = this.raft?.configuration
    this.core = undefined
    this.raft = undefined
    this.armed = undefined
    this.held = []
    this.disk.crash(fault)
    this.cloud.emit({ _tag: "Crashed", node: this })
    if (fault.losesDisk && this.cloud.canLoseDisk(this)) this.loseDisk()
    this.cloud.heap.set(this.cloud.nowMs + fault.downMs, () => this.start())
  }

  /** To crash at the next passing of a point, or in a second. */
  arm(fault: Crash): void {
    if (fault.point === "now") return this.crash(fault)
    this.armed = fault
    this.after(1_000, () => {
      if (this.armed === fault) this.crash(fault)
    })
  }

  /** Crashes here if a fault says so. Whoever calls it does nothing more then. */
  passes(point: CrashPoint): boolean {
    if (this.armed?.point !== point) return false
    this.crash(this.armed)
    return true
  }

  disarm(): void {
    this.armed = undefined
  }

  pause(by?: Fault): void {
    if (this.core !== undefined) this.pauses.add(by)
  }

  /** A pause of an earlier life has ended with that life. */
  resume(by?: Fault): void {
    if (!this.pauses.delete(by) || this.pauses.size > 0) return
    const { held, life } = this
    this.held = []
    const missed = this.missedTicks
    this.missedTicks = 0
    const catchesUp = this.breaks.catchUpMissedTicks === true
    if (catchesUp) for (let tick = 0; tick < missed; tick++) this.step({ _tag: "Ticked" })
    for (const task of held) if (life === this.life) task()
    if (missed > 0 && !catchesUp && life === this.life) this.step({ _tag: "Ticked" })
  }

  /** Runs the task in this life of the process, and not while it is paused. */
  after(ms: number, task: Task): void {
    const { life } = this
    this.cloud.heap.set(this.cloud.nowMs + ms, () => {
      if (life === this.life) this.run(task)
    })
  }

  receive(message: Message): void {
    if (this.core === undefined) return
    if (this.pauses.size > 0) this.held.push(() => this.step({ _tag: "Received", message }))
    else this.step({ _tag: "Received", message })
  }

  /** Does what a process does when a call from outside reaches it; nothing when it is down. */
  run(task: Task): void {
    if (this.core === undefined) return
    if (this.pauses.size > 0) this.held.push(task)
    else task()
  }

  /** Gives the core an event, and carries out what comes of it. Says whether the process still lives. */
  step(event: Event): boolean {
    const { core, cloud, life } = this
    if (core === undefined) return false
    cloud.stepping = this
    step(core, event, this.env)
    cloud.emit({ _tag: "Stepped", node: this, event })
    this.pump()
    return life === this.life
  }

  /** Says whether the process still lives. */
  sendAll(messages: ReadonlyArray<Message>): boolean {
    for (let at = 0; at < messages.length; at++) {
      if (at > 0 && this.passes("betweenSends")) return false
      this.cloud.send(this, messages[at]!)
    }
    return true
  }

  private loseDisk(): void {
    const { id, disk, cloud } = this
    const keepsId = this.breaks.memoryKeepsId === true
    if (!keepsId) {
      this.incarnation++
      this.id = `${this.name}/${this.incarnation}`
      this.limits = { ...this.limits, id: this.id }
    }
    this.disk = this.emptyDisk(keepsId ? cloud.founding : undefined)
    this.machine = new Machine(emptyImage(this.disk.snapshot.index))
    cloud.rename(this, keepsId ? undefined : id)
    cloud.emit({ _tag: "DiskLost", node: this, id, disk })
  }

  private emptyDisk(restored: Restored | undefined): Disk {
    const begin = restored ?? joining
    return new Disk(begin, emptyImage(begin.snapshot.index), this.breaks)
  }

  private setTick(ms: number): void {
    const { life, cloud } = this
    cloud.heap.set(cloud.nowMs + ms, () => {
      if (life !== this.life) return
      this.setTick(this.pace.tickMs())
      if (this.pauses.size > 0) this.missedTicks++
      else this.step({ _tag: "Ticked" })
    })
  }

  private pump(): void {
    if (this.isDraining || this.isTurnSet) return
    if (this.cloud.profile.turnMaxMs === 0) return this.drain()
    this.isTurnSet = true
    this.after(this.pace.turnMs(), () => {
      this.isTurnSet = false
      this.drain()
    })
  }

  private drain(): void {
    const { core, life } = this
    if (core === undefined) return
    this.isDraining = true
    while (life === this.life && hasOutput(core)) this.carryOut(take(core))
    if (life === this.life) this.isDraining = false
  }

  private carryOut(output: Output): void {
    const { life } = this
    this.cloud.emit({ _tag: "Took", node: this, output })
    if (this.passes("beforeWrite")) return
    if (!this.sendAll(output.messages)) return
    this.requests.onOutput(output)
    if (output.persist !== undefined) this.writer.write(output.persist)
    if (life === this.life) this.applier.add(output.commits)
  }
}
