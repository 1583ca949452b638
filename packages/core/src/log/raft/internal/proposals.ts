import type { Entry } from "@distri/raft/Entry"
import { entryBytes } from "@distri/raft/Entry"
import type { LogIndex, Term } from "@distri/raft/LogIndex"
import { Overloaded } from "../../../service/Refusal.ts"
import { Ambiguous, Unavailable } from "../../ReplicatedLog.ts"

export type Answer = number | Overloaded | Unavailable | Ambiguous

/** One append that waits for its answer. */
export interface Proposal {
  readonly id: string
  readonly data: Uint8Array
  readonly deadlineMs: number
  /** Undefined once nobody waits any more. */
  answer: ((answer: Answer) => void) | undefined
}

interface Batch {
  /** What the core answers with. */
  readonly token: number
  readonly data: ReadonlyArray<Uint8Array>
}

interface Accepted {
  readonly proposal: Proposal
  readonly term: Term
}

export interface Limits {
  readonly proposalsMax: number
  readonly proposalsMaxBytes: number
}

/** How long a full leader asks to wait: about the time of a group commit or two. */
const retryAfterMs = 50

/**
 * The appends of this node as a leader, from the moment they come until their entry is committed,
 * gone for good, or nobody knows.
 *
 * What somebody stopped waiting for still counts until its entry is committed: it is memory.
 */
export class Proposals {
  readonly #limits: Limits
  #queued: Array<Proposal> = []
  readonly #handed = new Map<number, ReadonlyArray<Proposal>>()
  /** By index. Several terms may have proposed for one index; the last one counts. */
  readonly #accepted = new Map<LogIndex, Accepted>()
  #count = 0
  #bytes = 0
  #token = 0

  constructor(limits: Limits) {
    this.#limits = limits
  }

  get isEmpty(): boolean {
    return this.#queued.length === 0
  }

  /** How many are held, and how many bytes. */
  get held(): { readonly count: number; readonly bytes: number } {
    return { count: this.#count, bytes: this.#bytes }
  }

  /** Takes it in, or refuses it at once. */
  add(proposal: Proposal): Overloaded | undefined {
    const bytes = sizeOf(proposal)
    const { proposalsMax, proposalsMaxBytes } = this.#limits
    if (this.#count >= proposalsMax || this.#bytes + bytes > proposalsMaxBytes)
      return new Overloaded({ retryAfterMs, reason: "log" })
    this.#count += 1
    this.#bytes += bytes
    this.#queued.push(proposal)
    return undefined
  }

  /**
   * The next ones to propose together, in order, at most `maxBytes` of them, and a token for them.
   * Undefined: nobody waits for any of those that were queued.
   */
  take(maxBytes: number): Batch | undefined {
    let bytes = 0
    const wanted = this.#queued.filter((proposal) => {
      if (proposal.answer === undefined) this.#settle(proposal, undefined)
      return proposal.answer !== undefined
    })
    const over = wanted.findIndex((proposal, at) => {
      bytes += sizeOf(proposal)
      return at > 0 && bytes > maxBytes
    })
    const batch = over === -1 ? wanted : wanted.slice(0, over)
    this.#queued = over === -1 ? [] : wanted.slice(over)
    if (batch.length === 0) return undefined
    this.#token += 1
    this.#handed.set(this.#token, batch)
    return { token: this.#token, data: batch.map(({ data }) => data) }
  }

  /** The core has put the batch into its log from `first` on. */
  accepted(token: number, first: LogIndex, term: Term): void {
    const batch = this.#handed.get(token) ?? []
    this.#handed.delete(token)
    for (const [at, proposal] of batch.entries()) {
      // One of an earlier term at this place: whether it is elsewhere, nobody here knows.
      this.#doubt(first + at)
      this.#accepted.set(first + at, { proposal, term })
    }
  }

  /** The core has stored nothing of the batch. */
  refused(token: number, why: Overloaded | Unavailable): void {
    for (const proposal of this.#handed.get(token) ?? []) this.#settle(proposal, why)
    this.#handed.delete(token)
  }

  /** What is committed at an index is ours, or ours is gone for good. */
  committed(entry: Entry): void {
    const accepted = this.#accepted.get(entry.index)
    if (accepted === undefined) return
    this.#accepted.delete(entry.index)
    this.#settle(
      accepted.proposal,
      accepted.term === entry.term ? entry.index : new Unavailable({ reason: "NoLeader" })
    )
  }

  /** A snapshot took the place of everything up to `index`: nobody will see those entries here. */
  skipped(index: LogIndex): void {
    for (const at of this.#accepted.keys()) if (at <= index) this.#doubt(at)
  }

  /** Answers those whose time is over at `nowMs`. Their entries may still be committed. */
  expire(nowMs: number): void {
    for (const { proposal } of this.#accepted.values())
      if (proposal.deadlineMs <= nowMs) this.#answer(proposal, doubtful(proposal))
    for (const proposal of this.#queued)
      if (proposal.deadlineMs <= nowMs)
        this.#answer(proposal, new Unavailable({ reason: "NoQuorum" }))
  }

  /** This node does not lead any more, and has waited for its successor long enough. */
  giveUp(): void {
    for (const at of this.#accepted.keys()) this.#doubt(at)
  }

  /** Nothing is proposed from here on; what has not been is refused, the rest is unknown. */
  close(): void {
    const why = new Unavailable({ reason: "Stopping" })
    for (const proposal of this.#queued) this.#settle(proposal, why)
    this.#queued = []
    for (const batch of this.#handed.values())
      for (const proposal of batch) this.#settle(proposal, doubtful(proposal))
    this.#handed.clear()
    this.giveUp()
  }

  #doubt(index: LogIndex): void {
    const accepted = this.#accepted.get(index)
    if (accepted === undefined) return
    this.#accepted.delete(index)
    this.#settle(accepted.proposal, doubtful(accepted.proposal))
  }

  #settle(proposal: Proposal, answer: Answer | undefined): void {
    this.#count -= 1
    this.#bytes -= sizeOf(proposal)
    if (answer !== undefined) this.#answer(proposal, answer)
  }

  #answer(proposal: Proposal, answer: Answer): void {
    const tell = proposal.answer
    proposal.answer = undefined
    tell?.(answer)
  }
}

const doubtful = ({ id }: Proposal) => new Ambiguous({ id })

const sizeOf = ({ data }: Proposal): number => emptyBytes + data.length
const emptyBytes = entryBytes({
  term: 0,
  index: 0,
  kind: "command",
  time: 0,
  data: new Uint8Array()
})
