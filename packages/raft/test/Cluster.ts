/**
 * Runs nodes in the hand of a test: a message waits until it is delivered, a write until it is persisted, a
 * commit until it is applied. Disks and state machines are quick unless a test says otherwise; the network
 * never is. Nothing is random but what a test gives.
 *
 * **Gotcha.** All nodes of a cluster share a ledger of what was handed out at each index. A second history
 * throws `RA5`, in whatever test it appears.
 */
import type { Entry } from "../src/Entry.ts"
import type { Event } from "../src/Event.ts"
import type { ConfChange, ConfChangeStep } from "../src/membership/ConfChange.ts"
import { withVoters, type Configuration } from "../src/membership/Configuration.ts"
import type { Message } from "../src/Message.ts"
import type { Batch, Output, Role } from "../src/Output.ts"
import { hasOutput, make, type Raft, step, take, view } from "../src/Raft.ts"
import { defaults, type RaftConfig } from "../src/RaftConfig.ts"
import type { ProgressView, RaftView } from "../src/RaftView.ts"
import type { Restored } from "../src/Restored.ts"

export type Tag = Message["_tag"]
export type Of<T extends Tag> = Extract<Message, { readonly _tag: T }>
export type Options = Partial<Omit<RaftConfig, "id">>

/** Neither pre-vote nor check-quorum: the Raft of the paper. */
export const plain: Options = { preVote: false, checkQuorum: false }

const encoder = new TextEncoder()
const decoder = new TextDecoder()

export const bytesOf = (text: string): Uint8Array => encoder.encode(text)
export const textOf = (entry: Entry): string => decoder.decode(entry.data)

/** Entries behind `previous` with these terms. Two with the same index and term are equal. */
export const entriesAfter = (previous: number, terms: ReadonlyArray<number>): Array<Entry> =>
  terms.map((term, offset) => ({
    term,
    index: previous + 1 + offset,
    kind: "command",
    time: 0,
    data: bytesOf(`${term}.${previous + 1 + offset}`)
  }))

/** A disk: by default an empty one, in term 0. The log ends at `snapshot` or holds entries of `terms` behind it. */
export const disk = (
  members: ReadonlyArray<string> | Configuration,
  saved: {
    readonly term?: number
    readonly vote?: string | undefined
    readonly commit?: number
    readonly terms?: ReadonlyArray<number>
    readonly snapshot?: { readonly index: number; readonly term: number }
  } = {}
): Restored => {
  const { term, vote, commit, terms = [], snapshot = { index: 0, term: 0 } } = saved
  const configuration = "voters" in members ? members : withVoters(members)
  return {
    hardState: {
      term: term ?? terms.at(-1) ?? snapshot.term,
      vote,
      commit: commit ?? snapshot.index
    },
    snapshot: { ...snapshot, time: 0, configuration, reference: "", bytes: 0, digest: "" },
    entries: entriesAfter(snapshot.index, terms)
  }
}

/** A change of one step, or of several. */
export const change = (
  kind: ConfChangeStep["kind"],
  node: string,
  transition: ConfChange["transition"] = "Auto"
): ConfChange => ({ transition, changes: [{ kind, node }] })

export const leaveJoint: ConfChange = { transition: "Auto", changes: [] }

/** Numbers in [0, 1), each time the same: a split election is not split for ever. */
const numbersFrom = (seed: number) => {
  let state = seed
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

/** What was handed out at each index, in a cloud. */
type Ledger = Map<number, string>

const write = (image: Restored, batch: Batch): Restored => {
  const { hardState, snapshot, truncateFrom, entries } = batch
  const kept =
    snapshot !== undefined
      ? []
      : image.entries.filter(({ index }) => truncateFrom === undefined || index < truncateFrom)
  return { hardState, snapshot: snapshot ?? image.snapshot, entries: [...kept, ...entries] }
}

export class Node {
  readonly id: string
  readonly config: RaftConfig
  raft: Raft
  /** What surely survives a crash. */
  disk: Restored
  /** Handed out and not durable, oldest first. */
  writes: Array<Batch> = []
  /** Handed out and not applied. */
  commits: Array<Entry> = []
  applied: Array<Entry> = []
  /** What may leave, in order. A cluster takes it from here. */
  outbox: Array<Message> = []
  proposed: Array<Output["proposed"][number]> = []
  reads: Array<Output["reads"][number]> = []
  refused: Array<Output["refused"][number]> = []
  statuses: Array<NonNullable<Output["status"]>> = []
  persistsAtOnce = true
  appliesAtOnce = true
  random: () => number = () => 0
  private tokens = 0
  private readonly ledger: Ledger

  constructor(id: string, restored: Restored, options: Options = {}, ledger: Ledger = new Map()) {
    this.id = id
    this.config = { ...defaults, id, ...options }
    this.disk = restored
    this.ledger = ledger
    this.raft = make(this.config, restored)
  }

  get view(): RaftView {
    return view(this.raft)
  }

  get role(): Role {
    return this.view.role
  }

  /** The terms of all entries that are retained. */
  get terms(): ReadonlyArray<number> {
    const { firstIndex, lastIndex, term } = this.view.log
    return Array.from({ length: lastIndex - firstIndex + 1 }, (_, at) =>
      term.call(this.view.log, firstIndex + at)!
    )
  }

  /** The text of all commands that are applied. */
  get commands(): ReadonlyArray<string> {
    return this.applied.filter(({ kind }) => kind === "command").map(textOf)
  }

  progress(id: string): ProgressView {
    const found = this.view.progress.find((progress) => progress.id === id)
    if (found === undefined) throw new Error(`${this.id} knows nothing of ${id}`)
    return found
  }

  step(event: Event): void {
    this.stepOnly(event)
    this.drain()
  }

  tick(times = 1): void {
    for (let time = 0; time < times; time++) this.step({ _tag: "Ticked" })
  }

  receive(message: Message): void {
    this.step({ _tag: "Received", message })
  }

  campaign(): void {
    this.step({ _tag: "CampaignRequested" })
  }

  propose(...texts: ReadonlyArray<string>): number {
    const token = ++this.tokens
    this.step({ _tag: "Proposed", token, entries: texts.map(bytesOf), timeMs: 0 })
    return token
  }

  proposeChange(proposal: ConfChange): number {
    const token = ++this.tokens
    this.step({ _tag: "ConfChangeProposed", token, change: proposal, timeMs: 0 })
    return token
  }

  read(): number {
    const token = ++this.tokens
    this.step({ _tag: "ReadRequested", token })
    return token
  }

  transfer(to: string): void {
    this.step({ _tag: "TransferRequested", to })
  }

  /** Makes the oldest writes durable. */
  persist(count = Infinity): void {
    this.writeSome(count)
    this.drain()
  }

  apply(count = Infinity): void {
    this.applySome(count)
    this.drain()
  }

  /** Takes a snapshot of all that is applied, and keeps entries from `keepFrom` on. */
  compact(keepFrom = this.view.log.applied + 1): void {
    const { log, configuration } = this.view
    const index = log.applied
    const meta = { time: 0, configuration, reference: `${this.id}@${index}`, bytes: 1, digest: "" }
    const snapshot = { index, term: log.term(index)!, ...meta }
    this.step({ _tag: "SnapshotTaken", snapshot, keepFrom })
    const entries = this.disk.entries.filter((entry) => entry.index >= keepFrom)
    this.disk = { ...this.disk, snapshot, entries }
  }

  /** Loses all but the disk. */
  restart(): void {
    this.writes = []
    this.commits = []
    this.applied = []
    this.outbox = []
    this.raft = make(this.config, this.disk)
  }

  /** Takes what may leave, or of that what has one of these tags; the rest is thrown away. */
  sent(): ReadonlyArray<Message>
  sent<T extends Tag>(...tags: ReadonlyArray<T>): ReadonlyArray<Of<T>>
  sent(...tags: ReadonlyArray<Tag>): ReadonlyArray<Message> {
    const messages = this.outbox
    this.outbox = []
    return tags.length === 0 ? messages : messages.filter(({ _tag }) => tags.includes(_tag))
  }

  /** Takes the answer to the message that was just received. */
  answer(): Message {
    const [message, ...others] = this.sent()
    if (message === undefined || others.length > 0) throw new Error("there is not just one answer")
    return message
  }

  private stepOnly(event: Event): void {
    step(this.raft, event, { random: this.random })
  }

  private drain(): void {
    while (hasOutput(this.raft)) {
      const output = take(this.raft)
      this.outbox.push(...output.messages)
      this.proposed.push(...output.proposed)
      this.reads.push(...output.reads)
      this.refused.push(...output.refused)
      if (output.status !== undefined) this.statuses.push(output.status)
      if (output.persist !== undefined) this.writes.push(output.persist)
      for (const entry of output.commits) this.commit(entry)
      if (this.persistsAtOnce) this.writeSome(Infinity)
      if (this.appliesAtOnce) this.applySome(Infinity)
    }
  }

  private commit(entry: Entry): void {
    const content = `${entry.term} ${entry.kind} ${entry.data.join()}`
    const known = this.ledger.get(entry.index) ?? content
    if (known !== content) throw new Error(`RA5: two histories at ${entry.index}`)
    this.ledger.set(entry.index, content)
    this.commits.push(entry)
  }

  private writeSome(count: number): void {
    for (const batch of this.writes.splice(0, count)) {
      this.disk = write(this.disk, batch)
      this.outbox.push(...batch.afterPersist)
      this.stepOnly({ _tag: "Persisted", batch: batch.batch })
    }
  }

  private applySome(count: number): void {
    for (const entry of this.commits.splice(0, count)) {
      this.applied.push(entry)
      this.stepOnly({ _tag: "Applied", index: entry.index })
    }
  }
}

export class Cluster {
  readonly nodes: ReadonlyMap<string, Node>
  /** Sent and not delivered, oldest first. */
  mail: Array<Message> = []
  /** What never arrives, beside what is sent over a cut link. */
  loses: (message: Message) => boolean = () => false
  private readonly cuts = new Set<string>()

  /**
   * Nodes with empty logs that all vote, or with these disks. A log that begins with its first entry is made
   * for the founders: whoever joins later begins with their names too.
   */
  constructor(
    setup: ReadonlyArray<string> | Readonly<Record<string, Restored>>,
    options: Options | ((id: string) => Options) = {}
  ) {
    const ledger: Ledger = new Map()
    const disks = Array.isArray(setup)
      ? setup.map((id: string) => [id, disk(setup)] as const)
      : Object.entries(setup as Readonly<Record<string, Restored>>)
    this.nodes = new Map(
      disks.map(([id, restored], position) => {
        const own = typeof options === "function" ? options(id) : options
        const node = new Node(id, restored, own, ledger)
        node.random = numbersFrom(position)
        return [id, node]
      })
    )
  }

  node(id: string): Node {
    const node = this.nodes.get(id)
    if (node === undefined) throw new Error(`there is no node ${id}`)
    return node
  }

  get leaders(): ReadonlyArray<string> {
    return [...this.nodes.values()].filter(({ role }) => role === "leader").map(({ id }) => id)
  }

  /** Messages between `left` and each of `rights` are lost, in both directions. */
  cut(left: string, ...rights: ReadonlyArray<string>): void {
    for (const right of rights) this.cuts.add(`${left} ${right}`).add(`${right} ${left}`)
  }

  isolate(...ids: ReadonlyArray<string>): void {
    for (const id of ids) this.cut(id, ...[...this.nodes.keys()].filter((other) => other !== id))
  }

  /** The groups do not hear of each other. */
  partition(left: ReadonlyArray<string>, right: ReadonlyArray<string>): void {
    for (const id of left) this.cut(id, ...right)
  }

  heal(): void {
    this.cuts.clear()
    this.loses = () => false
  }

  /** Delivers what was sent until now and fits; the answers wait. */
  deliver(fits: (message: Message) => boolean = () => true): void {
    this.collect()
    const chosen = this.mail.filter(fits)
    this.mail = this.mail.filter((message) => !chosen.includes(message))
    for (const message of chosen) this.nodes.get(message.to)?.receive(message)
    this.collect()
  }

  /** Delivers until there is nothing more. */
  settle(): void {
    for (let round = 0; round < 1_000; round++) {
      this.deliver()
      if (this.mail.length === 0) return
    }
    throw new Error("the nodes never come to rest")
  }

  /** Lets `id` campaign, whatever comes of it. */
  campaign(id: string): void {
    this.node(id).campaign()
    this.settle()
  }

  propose(id: string, ...texts: ReadonlyArray<string>): void {
    this.node(id).propose(...texts)
    this.settle()
  }

  proposeChange(id: string, proposal: ConfChange): void {
    this.node(id).proposeChange(proposal)
    this.settle()
  }

  /** All nodes, or these, in turn; then all messages. */
  tick(times = 1, ids: Iterable<string> = this.nodes.keys()): void {
    const ticking = [...ids]
    for (let time = 0; time < times; time++) {
      for (const id of ticking) this.node(id).tick()
      this.settle()
    }
  }

  private collect(): void {
    for (const node of this.nodes.values()) {
      for (const message of node.sent()) {
        const isCut = this.cuts.has(`${message.from} ${message.to}`)
        if (!isCut && !this.loses(message)) this.mail.push(message)
      }
    }
  }
}
