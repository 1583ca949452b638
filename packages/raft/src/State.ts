import type { HardState } from "./HardState.ts"
import type { IncarnationId } from "./IncarnationId.ts"
import type { Breaks } from "./internal/breaks.ts"
import { Log } from "./log/Log.ts"
import type { LogIndex, Term } from "./LogIndex.ts"
import type { Configuration } from "./membership/Configuration.ts"
import type { Message } from "./Message.ts"
import type { Role } from "./Output.ts"
import type { Progress } from "./progress/Progress.ts"
import { Tracker } from "./progress/Tracker.ts"
import { checkConfig, type RaftConfig } from "./RaftConfig.ts"
import type { RaftView } from "./RaftView.ts"
import { ReadQueue } from "./reading/ReadQueue.ts"
import type { Restored } from "./Restored.ts"
import { Outbox } from "./storage/Outbox.ts"

/** A batch that the shell is writing, and what this node tells itself once it is durable. */
export interface BatchUnderWay {
  readonly batch: number
  readonly answersToSelf: ReadonlyArray<Message>
}

/**
 * Everything one node knows (Raft figure 2). Functions named after the paper's rules change it; nobody
 * outside of this package can. A node starts as a follower of nobody, in the term it last knew.
 */
export class State implements RaftView {
  readonly config: RaftConfig
  readonly breaks: Breaks
  readonly id: IncarnationId

  role: Role = "follower"
  term: Term
  vote: IncarnationId | undefined
  leader: IncarnationId | undefined = undefined
  readonly log: Log
  tracker: Tracker

  electionElapsed = 0
  heartbeatElapsed = 0
  /** 0 until the first event: only `step` has randomness. */
  randomizedElectionTicks = 0

  transferee: IncarnationId | undefined = undefined
  pendingConfIndex: LogIndex = 0
  uncommittedBytes = 0
  reads = new ReadQueue()

  readonly outbox = new Outbox()
  lastBatch = 0
  underWay: Array<BatchUnderWay> = []
  /** As of the last `take`: what is not new need not be handed out again. */
  handedHardState: HardState
  handedStatus: { readonly role: Role; readonly leader: IncarnationId | undefined; term: Term }
  dropped = 0

  /** Of the event that is being processed: a number in [0, 1). */
  random: () => number = () => 0

  constructor(config: RaftConfig, restored: Restored) {
    checkConfig(config)
    this.config = config
    this.breaks = config.breaks ?? {}
    this.id = config.id
    this.term = restored.hardState.term
    this.vote = restored.hardState.vote
    this.log = new Log(
      {
        snapshot: restored.snapshot,
        entries: restored.entries,
        commit: restored.hardState.commit
      },
      this.breaks
    )
    this.tracker = new Tracker(restored.snapshot.configuration, config, this.breaks)
    this.tracker.reset(this.log.lastIndex, this.id)
    this.handedHardState = this.hardState
    this.handedStatus = { role: this.role, leader: this.leader, term: this.term }
  }

  get hardState(): HardState {
    return { term: this.term, vote: this.vote, commit: this.log.commit }
  }

  get configuration(): Configuration {
    return this.tracker.configuration
  }

  get progress(): ReadonlyArray<Progress> {
    return this.tracker.progress
  }
}
