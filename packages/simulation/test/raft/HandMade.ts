/**
 * A cloud made by hand, to show a rule states that no run of the real one should reach. Everything is a plain
 * field that a test sets before it tells the check what happened.
 */
import type { Entry } from "@distri/raft/Entry"
import type { Event } from "@distri/raft/Event"
import type { HardState } from "@distri/raft/HardState"
import type { IncarnationId } from "@distri/raft/IncarnationId"
import { type Configuration, withVoters } from "@distri/raft/membership/Configuration"
import type { Message } from "@distri/raft/Message"
import type { Batch, Output, Role } from "@distri/raft/Output"
import { defaults } from "@distri/raft/RaftConfig"
import type { LogView, ProgressView, RaftView } from "@distri/raft/RaftView"
import { joining } from "@distri/raft/Restored"
import type { SnapshotMeta } from "@distri/raft/SnapshotMeta"
import { encodeCommand } from "../../src/raft/Command.ts"
import type { Operation } from "../../src/raft/History.ts"
import type {
  Check,
  DiskImage,
  Invariant,
  MachineView,
  SimNode,
  World
} from "../../src/raft/Invariant.ts"

export const entry = (index: number, term: number, kind: Entry["kind"] = "noop"): Entry => ({
  index,
  term,
  kind,
  time: 0,
  data: new Uint8Array([index, term])
})

/** Entries 1, 2, 3, ... of these terms. */
export const entries = (...terms: ReadonlyArray<number>): Array<Entry> =>
  terms.map((term, at) => entry(at + 1, term))

export const operation = (fields: Partial<Operation>): Operation => ({
  client: 1,
  session: 1,
  seq: 1,
  kind: "write",
  key: 0,
  value: 7,
  expected: 0,
  calledAt: 1,
  answeredAt: undefined,
  result: undefined,
  index: undefined,
  ...fields
})

export const command = (index: number, fields: Partial<Operation>): Entry => ({
  ...entry(index, 1, "command"),
  data: encodeCommand(operation(fields), 0)
})

class List {
  before = 0
  list: Array<Entry> = []

  get firstIndex(): number {
    return this.before + 1
  }
  get lastIndex(): number {
    return this.before + this.list.length
  }
  entry(index: number): Entry | undefined {
    return this.list[index - this.firstIndex]
  }
  term(index: number): number | undefined {
    return index === 0 ? 0 : this.entry(index)?.term
  }
}

class HandLog extends List implements LogView {
  commit = 0
  handedOut = 0
  applied = 0
  durable = 0
  snapshot = joining.snapshot

  get lastTerm(): number {
    return this.term(this.lastIndex) ?? 0
  }
}

class HandRaft implements RaftView {
  role: Role = "follower"
  term = 1
  vote: IncarnationId | undefined = undefined
  leader: IncarnationId | undefined = undefined
  readonly log = new HandLog()
  configuration: Configuration
  progress: Array<ProgressView> = []
  electionElapsed = 0
  heartbeatElapsed = 0
  randomizedElectionTicks = 10
  transferee: IncarnationId | undefined = undefined
  pendingConfIndex = 0
  uncommittedBytes = 0
  dropped = 0
  readonly id: IncarnationId

  constructor(id: IncarnationId, configuration: Configuration) {
    this.id = id
    this.configuration = configuration
  }

  /** A leader of `term` with a log of these terms. */
  lead(term: number, ...terms: ReadonlyArray<number>): void {
    this.role = "leader"
    this.term = term
    this.leader = this.id
    if (terms.length > 0) this.log.list = entries(...terms)
  }
}

class HandDisk extends List implements DiskImage {
  hardState: HardState = { term: 1, vote: undefined, commit: 0 }
  snapshot: SnapshotMeta = joining.snapshot
}

class HandMachine implements MachineView {
  applied = 0
  digest = 0
  readonly sessions = new Map<number, { seq: number; effects: number }>()

  digestAt(index: number): number | undefined {
    return index === this.applied ? this.digest : undefined
  }
  session(id: number) {
    return this.sessions.get(id)
  }
}

export class HandNode implements SimNode {
  readonly name: string
  readonly number: number
  id: IncarnationId
  raft: HandRaft
  readonly disk = new HandDisk()
  readonly machine = new HandMachine()
  readonly limits

  constructor(name: string, number: number, configuration: Configuration) {
    this.name = name
    this.number = number
    this.id = name
    this.raft = new HandRaft(name, configuration)
    this.limits = { ...defaults, id: name }
  }

  encoded(): undefined {
    return undefined
  }
}

const quiet: Output = {
  messages: [],
  persist: undefined,
  commits: [],
  proposed: [],
  reads: [],
  refused: [],
  status: undefined
}

export const batch = (fields: Partial<Batch>): Batch => ({
  batch: 1,
  hardState: { term: 1, vote: undefined, commit: 0 },
  truncateFrom: undefined,
  entries: [],
  snapshot: undefined,
  mustSync: true,
  afterPersist: [],
  ...fields
})

/** Three voters a, b and c, and one check that watches them. Each method says what happened, and is answered. */
export class HandMade implements World {
  nowMs = 0
  readonly nodes: ReadonlyArray<HandNode>
  readonly history: { operations: Array<Operation>; acknowledged: number } = {
    operations: [],
    acknowledged: 0
  }
  isFaulty = true
  private readonly check: Check
  private readonly on: Invariant["on"]

  constructor(invariant: Invariant) {
    const names = ["a", "b", "c"]
    this.nodes = names.map((name, number) => new HandNode(name, number, withVoters(names)))
    this.check = invariant.make()
    this.on = invariant.on
  }

  get a(): HandNode {
    return this.nodes[0]!
  }
  get b(): HandNode {
    return this.nodes[1]!
  }
  get c(): HandNode {
    return this.nodes[2]!
  }

  node(id: IncarnationId): HandNode | undefined {
    return this.nodes.find((node) => node.id === id)
  }

  tell(event: Parameters<Check>[1]): string | undefined {
    return this.on.includes(event._tag) ? this.check(this, event) : undefined
  }
  stepped(node: HandNode, event: Event = { _tag: "CampaignRequested" }): string | undefined {
    return this.tell({ _tag: "Stepped", node, event })
  }
  started(node: HandNode): string | undefined {
    return this.tell({ _tag: "Started", node })
  }
  sent(node: HandNode, message: Message): string | undefined {
    return this.tell({ _tag: "Sent", node, message })
  }
  took(node: HandNode, persist: Batch): string | undefined {
    return this.tell({ _tag: "Took", node, output: { ...quiet, persist } })
  }
  synced(node: HandNode, of: Batch = batch({})): string | undefined {
    return this.tell({ _tag: "Synced", node, batch: of })
  }
  diskLost(node: HandNode, id: IncarnationId, disk: DiskImage = node.disk): string | undefined {
    return this.tell({ _tag: "DiskLost", node, id, disk })
  }
  applied(node: HandNode, entry: Entry, digest: number, tookEffect = true): string | undefined {
    node.machine.applied = entry.index
    node.machine.digest = digest
    return this.tell({ _tag: "Applied", node, entry, tookEffect })
  }
  installed(node: HandNode): string | undefined {
    return this.tell({ _tag: "SnapshotInstalled", node, snapshot: node.raft.log.snapshot })
  }
  called(operation: Operation): string | undefined {
    this.history.operations.push(operation)
    return this.tell({ _tag: "Called", operation })
  }
  answered(operation: Operation): string | undefined {
    return this.tell({ _tag: "Answered", operation })
  }
  healed(): string | undefined {
    return this.tell({ _tag: "Healed" })
  }
  ended(): string | undefined {
    return this.tell({ _tag: "Ended" })
  }
}
