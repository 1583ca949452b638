/**
 * One random run of a small cloud. Every message that was ever sent stays in a pool, as bytes, and may
 * come again at any time: after the term ended, after its sender or receiver crashed. Disks answer late,
 * clocks run at different speeds, nodes crash and come back with what their disks hold.
 *
 * A run follows from its seed alone, and each seed draws its own mixture of what happens: a network that
 * does everything at once finds other faults than one that only repeats.
 */
import { encodeState } from "../../src/encodeState.ts"
import type { Event } from "../../src/Event.ts"
import type { Breaks } from "../../src/internal/breaks.ts"
import { withVoters } from "../../src/membership/Configuration.ts"
import type { Message } from "../../src/Message.ts"
import { hasOutput, step, take } from "../../src/Raft.ts"
import { founding, joining } from "../../src/Restored.ts"
import type { State } from "../../src/State.ts"
import { decodeMessage, encodeMessage } from "../../src/wire/MessageCodec.ts"
import { Node } from "./Node.ts"
import { Oracle } from "./Oracle.ts"
import { Random } from "./Random.ts"
import { type Action, drawConfig, drawWeights } from "./Swarm.ts"

export class Schedule {
  readonly oracle: Oracle
  /** What happened, when asked for. */
  readonly trace: Array<string> | undefined
  private readonly random: Random
  private readonly nodes: ReadonlyArray<Node>
  private readonly weights: Readonly<Record<Action, number>>
  private readonly takesAtOnce: number
  private readonly pool: Array<Uint8Array> = []
  /** Messages before this place came in the order in which they were sent. */
  private next = 0
  private cutOff: string | undefined = undefined
  /** Whose disk takes its time, even when all else is well. */
  private stalled: string | undefined = undefined
  private count = 0

  constructor(seed: number, options: { readonly breaks?: Breaks; readonly trace?: boolean }) {
    const random = (this.random = new Random(seed))
    this.trace = options.trace === true ? [] : undefined
    const ids = ["a/1", "b/1", "c/1", "d/1", "e/1"].slice(0, random.pick([3, 3, 4, 5]))
    const voters = ids.slice(0, random.chance(0.7) ? ids.length : 3)
    const config = drawConfig(random, options.breaks)
    const first = founding(withVoters(voters))
    this.nodes = ids.map((id) => new Node({ ...config, id }, voters.includes(id) ? first : joining))
    this.oracle = new Oracle(this.nodes)
    this.takesAtOnce = random.pick([1, 1, 0.5, 0.2])
    this.weights = drawWeights(random)
  }

  run(steps: number): void {
    while (steps-- > 0) this.act(this.random.weighted(this.weights))
  }

  /** Everything that was sent and that the nodes know now. */
  get outcome(): ReadonlyArray<Uint8Array> {
    return [...this.pool, ...this.states.map(encodeState)]
  }

  get states(): ReadonlyArray<State> {
    return this.nodes.map(({ view }) => view as State)
  }

  private act(action: Action): void {
    const { random } = this
    const node = this.nodeFor(action)
    switch (action) {
      case "deliver":
        return this.next < this.pool.length ? this.receive(this.next++, true) : undefined
      case "deliverRecent":
        return this.receive(Math.max(0, this.pool.length - 1 - random.below(30)), true)
      case "replay":
        return this.receive(this.pool.length - 1 - random.below(this.pool.length), false)
      case "drop":
        this.next = Math.min(this.pool.length, this.next + random.pick([1, 1, 5, Infinity]))
        return
      case "sync":
        return this.sync(node)
      case "crash":
        this.trace?.push(`${node.id} crashes`)
        node.restart(random.pick([0, 0, 1, 3]))
        this.oracle.stepped(node)
        return random.chance(0.3) ? this.rush(node) : undefined
      case "rush":
        return this.rush(node)
      case "calm":
        return this.calm(10 + random.below(40))
      case "cut":
        this.cutOff = node.id
        return
      case "stall":
        this.stalled = node.id
        return
      case "heal":
        this.cutOff = undefined
        this.stalled = undefined
        return
      default:
        return this.step(node, this.draw(action, node))
    }
  }

  /** Its clock is fast, or the others' are slow: long enough to become a candidate. */
  private rush(node: Node): void {
    for (let ticks = 2 * node.config.electionTicks; ticks > 0; ticks--) {
      this.step(node, { _tag: "Ticked" })
    }
  }

  /** One for whom there is something to do, where that can be said. */
  private nodeFor(action: Action): Node {
    const able = this.nodes.filter((node) => {
      if (action === "sync") return !node.disk.isIdle
      if (action === "confirm") return node.confirmed < node.synced
      if (action === "apply") return node.commits.length > 0
      const isForLeaders = action === "propose" || action === "change" || action === "report"
      return !isForLeaders || node.view.role === "leader"
    })
    return this.random.pick(able.length > 0 ? able : this.nodes)
  }

  /** For a while everything works, for those who are not cut off. */
  private calm(messages: number): void {
    while (messages-- > 0 && this.next < this.pool.length) {
      this.receive(this.next++, true)
      for (const node of this.nodes) this.settle(node)
    }
  }

  private settle(node: Node): void {
    if (node.id !== this.stalled) {
      while (!node.disk.isIdle) this.sync(node)
      this.step(node, node.persisted())
    }
    this.step(node, node.applied(Infinity))
    this.take(node)
  }

  private draw(action: Action, node: Node): Event | undefined {
    const { random } = this
    const peer = random.pick(this.nodes).id
    switch (action) {
      case "tick":
        return { _tag: "Ticked" }
      case "confirm":
        return node.persisted()
      case "apply":
        return node.applied(1 + random.below(4))
      case "propose": {
        const entries = Array.from({ length: 1 + random.below(3) }, () => this.data())
        return { _tag: "Proposed", token: ++this.count, entries, timeMs: random.below(1000) }
      }
      case "read":
        this.oracle.readRequested(++this.count)
        return { _tag: "ReadRequested", token: this.count }
      case "snapshot":
        return node.snapshotTaken(random.below(4))
      case "report": {
        const progress = node.view.progress.find(({ state }) => state === "snapshot")
        const _tag = random.chance(0.5) ? "SnapshotSent" : "SnapshotFailed"
        return progress && { _tag, peer: progress.id, index: progress.pendingSnapshot }
      }
      case "unreachable":
        return { _tag: "PeerUnreachable", peer }
      case "transfer":
        return { _tag: "TransferRequested", to: peer }
      case "campaign":
        return { _tag: "CampaignRequested" }
      case "forget":
        return { _tag: "LeaderForgotten" }
      default: {
        const kind = random.pick(["AddVoter", "AddLearner", "Remove"] as const)
        const change = { transition: "Auto", changes: [{ kind, node: peer }] } as const
        return { _tag: "ConfChangeProposed", token: ++this.count, change, timeMs: 0 }
      }
    }
  }

  /** No two are equal. */
  private data(): Uint8Array {
    const number = ++this.count
    return Uint8Array.of(number & 255, number >> 8, ...new Uint8Array(this.random.below(20)))
  }

  private receive(at: number, respectsCut: boolean): void {
    const bytes = this.pool[at]
    if (bytes === undefined) return
    const message = decodeMessage(bytes)
    if (message._tag === "Malformed") throw new Error(message.problem)
    if (respectsCut && (message.from === this.cutOff || message.to === this.cutOff)) return
    this.step(
      this.nodes.find(({ id }) => id === message.to)!,
      { _tag: "Received", message }
    )
  }

  private step(node: Node, event: Event | undefined): void {
    if (event === undefined) return
    this.trace?.push(`${node.id} ${JSON.stringify(event)}`)
    step(node.raft, event, { random: this.random.next })
    this.oracle.stepped(node)
    if (this.random.chance(this.takesAtOnce)) this.take(node)
  }

  private take(node: Node): void {
    if (!hasOutput(node.raft)) return
    const output = take(node.raft)
    this.oracle.took(node, output)
    this.send(output.messages)
    node.commits.push(...output.commits)
    if (output.persist !== undefined) node.disk.write(output.persist)
  }

  private sync(node: Node): void {
    if (node.disk.isIdle) return this.take(node)
    const before = node.disk.hardState
    const { batch, afterPersist } = node.disk.sync()
    this.trace?.push(`${node.id} synced ${batch}`)
    this.oracle.synced(before, node.disk.hardState)
    node.synced = batch
    this.send(afterPersist)
  }

  private send(messages: ReadonlyArray<Message>): void {
    for (const message of messages) {
      this.oracle.sent(message)
      this.pool.push(encodeMessage(message))
    }
  }
}
