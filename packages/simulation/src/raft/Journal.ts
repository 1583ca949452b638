/**
 * The list of what happened in a run: its length, its hash, and its last events. The hash takes in what
 * tells one event from another, and where the node stands after it, so that two runs that differ anywhere
 * soon differ here (RA17, SIM1).
 */
import type { Message } from "@distri/raft/Message"
import type { Broken, RunStats } from "./Report.ts"
import { eventTags, messageTags, worldTags } from "./tags.ts"
import type { Check, Invariant, SimNode, World, WorldEvent } from "./Invariant.ts"

interface Watch {
  readonly rule: string
  readonly check: Check
}

/** An event, and when it was. */
export interface Noted {
  readonly atMs: number
  readonly event: WorldEvent
}

/** Thrown when a run does not come to an end by itself. */
export class BudgetExceeded extends Error {
  override readonly name = "BudgetExceeded"
}

const keptEvents = 50
const encodeEvery = 1_000

const hexadecimal = (bits: number) => (bits >>> 0).toString(16).padStart(8, "0")
const none: ReadonlyArray<Watch> = []
const nothing = new Uint8Array()

export class Journal {
  events = 0
  broken: Broken | undefined = undefined
  readonly stats = {
    elections: 0,
    commits: 0,
    acknowledged: 0,
    reads: 0,
    refused: 0,
    snapshots: 0,
    installs: 0,
    crashes: 0,
    disksLost: 0,
    confChanges: 0,
    healed: 0,
    minoritiesCut: 0,
    lateElections: 0
  } satisfies Partial<Record<keyof RunStats, number>>
  private readonly eventsMax: number
  private readonly watches: Record<string, Array<Watch>> = {}
  private readonly ring: Array<WorldEvent> = []
  private readonly ringMs: Array<number> = []
  private low = 0x811c9dc5
  private high = 0x9e3779b9

  constructor(invariants: ReadonlyArray<Invariant>, eventsMax: number) {
    this.eventsMax = eventsMax
    for (const { rule, on, make } of invariants) {
      const watch: Watch = { rule, check: make() }
      for (const tag of on) {
        const others = this.watches[tag]
        if (others === undefined) this.watches[tag] = [watch]
        else others.push(watch)
      }
    }
  }

  get hash(): string {
    return hexadecimal(this.high) + hexadecimal(this.low)
  }

  /** The last events, oldest first. */
  get last(): ReadonlyArray<Noted> {
    const first = Math.max(0, this.events - keptEvents)
    return Array.from({ length: this.events - first }, (_, at) => {
      const place = (first + at) % keptEvents
      return { atMs: this.ringMs[place]!, event: this.ring[place]! }
    })
  }

  add(world: World, event: WorldEvent): void {
    // The first broken rule is the one to look at; what follows it proves nothing.
    if (this.broken !== undefined) return
    const place = this.events++ % keptEvents
    this.ring[place] = event
    this.ringMs[place] = world.nowMs
    this.mix(Math.round(world.nowMs * 1_000))
    this.mix(worldTags[event._tag])
    this.note(event)
    if (event._tag === "Ended") for (const node of world.nodes) this.mixState(node)
    const watches = this.watches[event._tag] ?? none
    for (let at = 0; at < watches.length; at++) {
      const { rule, check } = watches[at]!
      const detail = check(world, event)
      if (detail !== undefined) return this.breakRule(rule, detail, world.nowMs)
    }
    if (this.events > this.eventsMax) throw new BudgetExceeded(`${this.events} events`)
  }

  /** What is wrong with a cloud that had all it needs. */
  judge(problem: string | undefined, atMs: number): void {
    if (problem !== undefined) this.breakRule("RA18", problem, atMs)
  }

  breakRule(rule: string, detail: string, atMs: number): void {
    this.broken ??= { rule, detail, atMs: Math.round(atMs) }
  }

  private mix(bits: number): void {
    this.low = Math.imul(this.low ^ bits, 0x01000193)
    this.high = Math.imul(this.high ^ bits ^ (this.low >>> 15), 0x85ebca6b)
  }

  private note(event: WorldEvent): void {
    const { stats } = this
    switch (event._tag) {
      case "Stepped": {
        const raft = event.node.raft!
        this.mix(event.node.number + (eventTags[event.event._tag] << 4))
        if (this.events % encodeEvery === 0) this.mixState(event.node)
        this.mix(raft.term)
        this.mix(raft.log.lastIndex + (raft.log.commit << 16))
        return
      }
      case "Took":
        if (event.output.status?.role === "leader") stats.elections++
        stats.refused += event.output.refused.length
        this.mix(event.output.commits.length + (event.output.persist?.batch ?? 0))
        return
      case "Sent":
        this.mixMessage(event.message, event.node.number)
        return
      case "Synced":
        this.mix(event.batch.batch)
        return
      case "Applied":
        stats.commits++
        if (event.entry.kind === "confChange") stats.confChanges++
        this.mix(event.node.machine.digest)
        return
      case "SnapshotStored":
        stats.snapshots++
        this.mix(event.snapshot.index)
        return
      case "SnapshotInstalled":
        stats.installs++
        this.mix(event.snapshot.index)
        return
      case "Crashed":
        stats.crashes++
        this.mix(event.node.disk.lastIndex)
        return
      case "DiskLost":
        stats.disksLost++
        this.mix(event.node.number)
        return
      case "Answered":
        if (event.operation.kind === "read") stats.reads++
        else stats.acknowledged++
        this.mix(event.operation.result ?? 0)
        return
      case "ReadIndexed":
        this.mix(event.index)
        return
      case "Called":
        this.mix(event.operation.key + (event.operation.client << 8))
        return
      case "Started":
        this.mix(event.node.number)
        return
      case "FaultBegan":
        this.mix(event.fault.at)
        return
      default:
    }
  }

  private mixMessage(message: Message, from: number): void {
    const { to, term } = message
    this.mix(messageTags[message._tag] + (from << 8))
    for (let at = 0; at < to.length; at++) this.mix(to.charCodeAt(at))
    this.mix(term)
    if (message._tag === "App") {
      this.mix(message.prevIndex)
      this.mix(message.prevTerm)
      this.mix(message.entries.length)
      this.mix(message.commit)
    } else if (message._tag === "AppResp") this.mix(message.index)
  }

  /** Too slow for each step, and what differs in a core at one step still does so some steps later. */
  private mixState(node: SimNode): void {
    const bytes = node.encoded() ?? nothing
    for (let at = 0; at < bytes.length; at++) this.mix(bytes[at]!)
  }
}
