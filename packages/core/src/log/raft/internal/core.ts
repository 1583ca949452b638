import type { Entry } from "@distri/raft/Entry"
import type { Event } from "@distri/raft/Event"
import type { IncarnationId } from "@distri/raft/IncarnationId"
import type { LogIndex } from "@distri/raft/LogIndex"
import { isLearner, isVoter } from "@distri/raft/membership/Configuration"
import type { ConfChangeStep } from "@distri/raft/membership/ConfChange"
import type { Message, Snap } from "@distri/raft/Message"
import type { Output } from "@distri/raft/Output"
import { hasOutput, make, type Raft, step, take, view } from "@distri/raft/Raft"
import { defaults, type RaftConfig } from "@distri/raft/RaftConfig"
import type { RaftView } from "@distri/raft/RaftView"
import type { Restored } from "@distri/raft/Restored"
import type { SnapshotMeta } from "@distri/raft/SnapshotMeta"
import * as Effect from "effect/Effect"
import * as Latch from "effect/Latch"
import { Overloaded } from "../../../service/Refusal.ts"
import { Unavailable } from "../../ReplicatedLog.ts"
import type { LogStorage } from "../../storage/LogStorage.ts"
import type { Breaks } from "../Breaks.ts"
import { Barriers } from "./barriers.ts"
import { Configurations } from "./configurations.ts"
import { DiskQueue, type Durable } from "./diskQueue.ts"
import { Heard } from "./heard.ts"
import { LeaderChange } from "./leaderChange.ts"
import { LeaderLoss } from "./leaderLoss.ts"
import type { Outboxes } from "./outboxes.ts"
import { type Proposal, Proposals } from "./proposals.ts"
import { Published } from "./published.ts"
import { Transfers } from "./transfers.ts"

/** What comes in during one turn at most, so that answers are not held up for long. */
const turnMax = 1024
const inboxMax = 4096
/** So much may wait for this node's disk. Beyond it, what the leader sends is dropped until there is room. */
const writesMax = 1024
/** Entries that are proposed together. */
const proposedMaxBytes = 1024 * 1024

export interface CoreOptions {
  readonly id: IncarnationId
  readonly log: string
  readonly restored: Restored
  readonly storage: LogStorage["Service"]
  readonly outboxes: Outboxes
  readonly random: () => number
  /** Monotonic, and of the wall. */
  readonly nowMs: () => number
  readonly clockMs: () => number
  readonly retainedMaxBytes: number
  readonly tickMs: number
  readonly raft: Partial<RaftConfig>
  readonly breaks: Breaks
  /** An offered snapshot whose bytes have to be fetched first. Whether they are here already. */
  readonly hasSnapshot: (message: Snap) => boolean
}

/**
 * Owns the Raft state of this node: nobody else touches it. Inputs are queued, and each turn of the
 * one fiber that runs it takes all of them, hands what comes of it to the disk, the senders and the
 * readers, and answers who waits.
 */
export class Core {
  readonly id: IncarnationId
  readonly log: string
  readonly view: RaftView
  readonly published: Published
  readonly configurations: Configurations
  readonly transfers: Transfers
  readonly disk: DiskQueue
  readonly heardMs = new Heard()
  readonly #options: CoreOptions
  readonly #raft: Raft
  readonly #proposals: Proposals
  readonly #barriers: Barriers
  readonly #wake = Latch.makeUnsafe(true)
  readonly #isMemory: boolean
  #inbox: Array<Event> = []
  /** Batches that have become durable since the last turn. */
  #durable: Array<Durable> = []
  #taken: SnapshotMeta | undefined = undefined
  #isTickDue = false
  #changeToken = 0
  #steppedDownMs = 0
  #isClosed = false
  #isCopied = false
  readonly #leaderLoss: LeaderLoss
  readonly #leaderChange = new LeaderChange()
  /** Ends when another node leads, or none, or when this log is closed. */
  readonly leaderChanged = this.#leaderChange.next

  constructor(options: CoreOptions) {
    const { breaks, id, log, random, restored, storage } = options
    this.#options = options
    this.id = id
    this.log = log
    const config = { ...defaults, ...options.raft, id }
    this.#raft = make(config, restored)
    this.view = view(this.#raft)
    this.published = new Published(this.view.log)
    const { configuration, index } = restored.snapshot
    this.configurations = new Configurations(index, configuration)
    this.transfers = new Transfers()
    this.#isMemory = storage.durability === "memory"
    const slowAfterMs = options.tickMs * config.electionTicks
    this.disk = new DiskQueue(storage, (durable) => this.#onDurable(durable), breaks, {
      nowMs: options.nowMs,
      slowAfterMs
    })
    this.#proposals = new Proposals({
      proposalsMax: 10_000,
      proposalsMaxBytes: config.uncommittedMaxBytes
    })
    this.#leaderLoss = new LeaderLoss(random)
    // Far away from the tokens of every other life of this memory.
    this.#barriers = new Barriers((1 + Math.floor(random() * 2 ** 31)) * 2 ** 20, breaks)
  }

  get leads(): boolean {
    return this.view.role === "leader"
  }

  /** Why another node should lead, if one can. */
  get hindrance(): string | undefined {
    if (this.#options.storage.isFull()) return "its disk is full"
    return this.disk.isSlow ? "its disk takes longer than an election" : undefined
  }

  /** Whether somebody leads that this node hears, or it leads itself. */
  get follows(): boolean {
    // One that was taken out remembers who led, and is sent nothing by it any more.
    return this.view.leader !== undefined && this.#isMember(this.id)
  }

  /** It retains so much that it takes nothing more before it is trimmed. */
  get isFull(): boolean {
    return this.published.retainedBytes >= this.#options.retainedMaxBytes
  }

  /** Nothing of this log was ever here: not in the core, and not in a copy that others feed. */
  get isEmpty(): boolean {
    return this.view.log.lastIndex === 0 && !this.#isCopied
  }

  /** What other nodes have of this log is copied here, past the core. */
  copied(): void {
    this.#isCopied = true
  }

  /** The newest complete one; the first of a cloud, which is empty, is none. */
  get latestSnapshot(): SnapshotMeta | undefined {
    const { snapshot } = this.view.log
    if (this.#taken !== undefined && this.#taken.index >= snapshot.index) return this.#taken
    return snapshot.reference === "" ? undefined : snapshot
  }

  /** The disk has `snapshot`, and has let go of the entries before `keepFrom`. */
  taken(snapshot: SnapshotMeta, keepFrom: LogIndex): void {
    this.#taken = snapshot
    this.input({ _tag: "SnapshotTaken", snapshot, keepFrom })
  }

  /** Runs until it is interrupted. Dies when a rule of Raft is broken. */
  readonly run: Effect.Effect<never> = Effect.suspend(() =>
    Effect.andThen(this.#wake.await, () => {
      this.#wake.closeUnsafe()
      this.#turn()
      return Effect.yieldNow
    })
  ).pipe(Effect.forever)

  /** A tick has passed. Ticks that were missed are not made up for: who was asleep knows nothing. */
  tick(): void {
    this.#isTickDue = true
    this.#wake.openUnsafe()
  }

  /** Nothing reaches `peer`. */
  unreachable(peer: IncarnationId): void {
    this.input({ _tag: "PeerUnreachable", peer })
    const isLeader = peer === this.view.leader && !this.leads
    if (isLeader && this.#leaderLoss.failed(this.#options.nowMs()))
      this.input({ _tag: "LeaderForgotten" })
  }

  /** Messages that came in. What is too much is dropped: Raft sends again. */
  receive(messages: ReadonlyArray<Message>): void {
    const now = this.#options.nowMs()
    for (const message of messages) {
      this.heardMs.set(message.from, now)
      if (message.from === this.view.leader) this.#leaderLoss.reset()
      if (this.#inbox.length >= inboxMax || this.#isTooMuch(message)) continue
      if (message._tag === "Snap" && this.#isNews(message) && !this.#options.hasSnapshot(message))
        continue
      this.input({ _tag: "Received", message })
    }
  }

  input(event: Event): void {
    this.#inbox.push(event)
    this.#wake.openUnsafe()
  }

  /** Proposes an entry, or says why not. Nothing happens here if another node leads. */
  propose(proposal: Proposal): Overloaded | Unavailable | undefined {
    if (this.#isClosed) return new Unavailable({ reason: "Stopping" })
    if (!this.leads || this.view.transferee !== undefined)
      return new Unavailable({ reason: "NoLeader" })
    if (this.#options.storage.isFull()) return new Unavailable({ reason: "StorageFull" })
    if (this.isFull) return new Overloaded({ retryAfterMs: 500, reason: "log" })
    const refused = this.#proposals.add(proposal)
    if (refused === undefined) this.#wake.openUnsafe()
    return refused
  }

  /** Waits for an index at or after all that is acknowledged. Returns what gives the place up. */
  barrier(answer: (answer: LogIndex | Unavailable) => void): () => void {
    if (this.#isClosed) {
      answer(new Unavailable({ reason: "Stopping" }))
      return () => {}
    }
    const giveUp = this.#barriers.add(this.#options.nowMs(), answer)
    this.#wake.openUnsafe()
    return giveUp
  }

  /** Proposes a change of membership. What comes of it shows in the configuration. */
  change(change: ConfChangeStep): void {
    this.#changeToken -= 1
    this.input({
      _tag: "ConfChangeProposed",
      token: this.#changeToken,
      change: { transition: "Auto", changes: [change] },
      timeMs: Math.floor(this.#options.clockMs())
    })
  }

  /** Whoever waits here learns that nothing more will happen. */
  close(reason: "Stopping" | "NoLeader"): void {
    this.#isClosed = true
    this.#proposals.close()
    this.#barriers.close(reason)
    this.#leaderChange.close()
    this.published.wake()
  }

  #turn(): void {
    const { nowMs } = this.#options
    const events = this.#inbox.splice(0, turnMax)
    if (this.#inbox.length > 0) this.#wake.openUnsafe()
    this.#takeDurable()
    for (const event of events) this.#take(event)
    while (!this.#proposals.isEmpty) this.#proposeQueued()
    const round = this.#barriers.round(nowMs())
    if (round !== undefined) this.#step({ _tag: "ReadRequested", token: round })
    if (this.#isTickDue) this.#onTick(nowMs())
    while (hasOutput(this.#raft)) this.#carryOut(take(this.#raft))
    const { leader } = this.view
    if (this.#leaderChange.tell(leader) && leader !== undefined) this.#leaderLoss.reset()
    // Last: readers go on at once, and must not meet a half finished turn.
    this.published.wakeIfNew()
  }

  #step(event: Event): void {
    const led = this.leads
    step(this.#raft, event, this.#options)
    if (led && !this.leads) this.#steppedDownMs = this.#options.nowMs()
  }

  #take(event: Event): void {
    if (event._tag === "SnapshotTaken") {
      // One that came from the leader meanwhile is newer.
      if (event.snapshot.index < this.view.log.snapshot.index) return
      this.published.drop(event.keepFrom)
      this.configurations.forget(event.keepFrom - 1)
    }
    this.#step(event)
  }

  #proposeQueued(): void {
    const batch = this.#proposals.take(proposedMaxBytes)
    if (batch === undefined) return
    const { data, token } = batch
    const timeMs = Math.floor(this.#options.clockMs())
    this.#step({ _tag: "Proposed", token, entries: data, timeMs })
  }

  #onTick(nowMs: number): void {
    this.#isTickDue = false
    const { tickMs, raft } = this.#options
    this.#step({ _tag: "Ticked" })
    this.#pokeSilentLeader(nowMs)
    if (this.#leaderLoss.isDue() && !this.follows) this.#step({ _tag: "CampaignRequested" })
    this.#proposals.expire(nowMs)
    this.#barriers.expire(nowMs, this.follows ? "NoQuorum" : "NoLeader")
    // Whoever leads now would have committed or replaced them by then.
    const graceMs = tickMs * (raft.electionTicks ?? defaults.electionTicks)
    if (!this.leads && nowMs - this.#steppedDownMs > graceMs) this.#proposals.giveUp()
    for (const { index, peer } of this.transfers.expire(nowMs, this.view.progress))
      this.#step({ _tag: "SnapshotFailed", peer, index })
  }

  /** To a leader that sends nothing, nothing has to be sent either: nobody would notice its end. */
  #pokeSilentLeader(nowMs: number): void {
    const { leader } = this.view
    if (leader === undefined || this.leads) return
    const silentMs = nowMs - (this.heardMs.get(leader) ?? -Infinity)
    if (silentMs > 1.5 * this.#options.tickMs) this.#options.outboxes.poke(leader)
  }

  /** The order is the one that Raft demands: what is promised leaves only when it is durable. */
  #carryOut(output: Output): void {
    const { nowMs, outboxes } = this.#options
    for (const message of output.messages)
      if (message._tag === "Snap") this.transfers.begin(message.to, message.snapshot.index, nowMs())
    outboxes.post(output.messages)
    for (const { first, term, token } of output.proposed) {
      if (token > 0) this.#proposals.accepted(token, first, term)
    }
    for (const { reason, token } of output.refused) this.#refused(token, reason)
    if (output.persist !== undefined) {
      const { afterPersist: messages, batch, snapshot } = output.persist
      // In memory there is nothing to wait for, but the bytes of a snapshot are the storage's.
      const isDurable = this.#isMemory && snapshot === undefined && this.disk.isIdle
      if (isDurable) this.#onDurable({ batch, messages, snapshot })
      else this.disk.add(output.persist)
      this.#takeDurable()
    }
    this.#apply(output.commits)
    for (const { index, token } of output.reads) this.#barriers.answered(token, index)
    if (output.status !== undefined) this.published.isNew = true
  }

  #refused(token: number, reason: Output["refused"][number]["reason"]): void {
    // A change of membership that is refused is looked at anew, and a round of reads asked for again.
    if (token < 0) return
    this.#proposals.refused(
      token,
      reason === "Overloaded"
        ? new Overloaded({ retryAfterMs: 50, reason: "log" })
        : new Unavailable({ reason: "NoLeader" })
    )
  }

  #onDurable(durable: Durable): void {
    this.#options.outboxes.post(durable.messages)
    this.#durable.push(durable)
    this.#wake.openUnsafe()
  }

  #takeDurable(): void {
    for (
      let durable = this.#durable.shift();
      durable !== undefined;
      durable = this.#durable.shift()
    ) {
      this.#step({ _tag: "Persisted", batch: durable.batch })
      if (durable.snapshot !== undefined) this.#install(durable.snapshot)
    }
  }

  /** A received snapshot took the place of the log; readers have to begin with it. */
  #install(snapshot: SnapshotMeta): void {
    this.#proposals.skipped(snapshot.index)
    this.configurations.reset(snapshot.index, snapshot.configuration)
    this.published.reset(snapshot.index)
  }

  #apply(commits: ReadonlyArray<Entry>): void {
    const last = commits.at(-1)
    if (last === undefined) return
    // One by one, so that each index has the members that were in force after it.
    for (const { index, kind } of commits) {
      if (kind !== "confChange") continue
      this.#step({ _tag: "Applied", index })
      this.configurations.add(index, this.view.configuration)
      this.heardMs.forgetGone((id) => this.#isMember(id), this.#options.nowMs())
    }
    this.#step({ _tag: "Applied", index: last.index })
    this.published.add(commits)
    for (const entry of commits) this.#proposals.committed(entry)
  }

  #isMember(id: IncarnationId): boolean {
    const { configuration } = this.view
    return isVoter(configuration, id) || isLearner(configuration, id)
  }

  /** What is none is answered without its bytes. */
  #isNews({ snapshot, term }: Snap): boolean {
    return term >= this.view.term && snapshot.index > this.view.log.commit
  }

  /** This node's copy or its disk stands still, and what it has not taken would fill the memory. */
  #isTooMuch(message: Message): boolean {
    if (message._tag !== "App" && message._tag !== "Snap") return false
    if (this.disk.pending >= writesMax) return true
    const hasEntries = message._tag === "App" && message.entries.length > 0
    return hasEntries && this.published.retainedBytes >= 2 * this.#options.retainedMaxBytes
  }
}
