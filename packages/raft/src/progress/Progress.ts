/**
 * What a leader believes about one follower: how far its log matches, what to send next, how fast
 * (Raft figure 2, `matchIndex` and `nextIndex`).
 *
 *            accepted                     next entry is compacted
 *   probe ------------> replicate    any ------------------------> snapshot
 *         <------------                  <------------------------
 *     refused, unreachable              snapshot sent, failed, or overtaken
 *
 * `probe`: where the logs part is not known, so one message at a time. `replicate`: messages follow each
 * other without waiting, up to the window. `snapshot`: nothing is sent until the snapshot has arrived.
 */
import type { IncarnationId } from "../IncarnationId.ts"
import { invariant } from "../invariant.ts"
import type { LogIndex } from "../LogIndex.ts"
import type { ProgressView } from "../RaftView.ts"
import { Inflights } from "./Inflights.ts"

/** What may be under way to one follower: messages, and bytes of entries (`Infinity`: no matter how many). */
export interface InflightLimits {
  readonly inflightMax: number
  readonly inflightMaxBytes: number
}

export class Progress implements ProgressView {
  readonly id: IncarnationId
  /** The follower's log is known to equal ours up to here. */
  match: LogIndex = 0
  /** The next entry to send. Invariant: `match < next`. */
  next: LogIndex
  /** The highest commit index on its way. Lowered where the message that carried it may be lost. */
  sentCommit: LogIndex = 0
  state: "probe" | "replicate" | "snapshot" = "probe"
  /** Index of the snapshot on its way, 0 for none. */
  pendingSnapshot: LogIndex = 0
  /** It answered since the quorum was last checked. */
  recentActive: boolean
  /** A probe is out, or the window is full. The answer to a heartbeat lifts it, in case all was lost. */
  isFlowPaused = false
  isLearner: boolean
  readonly inflights: Inflights

  /** One who joins counts as active, or a check of the quorum could fail before it had time to answer. */
  constructor(id: IncarnationId, isLearner: boolean, next: LogIndex, limits: InflightLimits) {
    this.id = id
    this.isLearner = isLearner
    this.next = next
    this.recentActive = true
    this.inflights = new Inflights(limits.inflightMax, limits.inflightMaxBytes)
  }

  /** Nothing but heartbeats may be sent. */
  get isPaused(): boolean {
    return this.state === "snapshot" || this.isFlowPaused
  }

  /** A new term: nothing is known, and the first guess is that the logs are equal. */
  reset(lastIndex: LogIndex): void {
    this.#become("probe")
    this.match = 0
    this.next = lastIndex + 1
    this.sentCommit = 0
    this.recentActive = false
  }

  /** After a snapshot the guess is that it arrived: the probe begins behind it. */
  becomeProbe(): void {
    const snapshot = this.pendingSnapshot
    this.#become("probe")
    this.next = Math.max(this.match, snapshot) + 1
    this.#lowerSentCommit()
  }

  becomeReplicate(): void {
    this.#become("replicate")
    this.next = this.match + 1
  }

  /** The snapshot at `index` was offered. */
  becomeSnapshot(index: LogIndex): void {
    this.#become("snapshot")
    this.pendingSnapshot = index
    this.next = index + 1
    this.sentCommit = index
  }

  /** An App with `count` entries from `next` on was sent. Without entries it may go into a full window. */
  sentEntries(count: number, bytes: number): void {
    invariant(this.state !== "snapshot", "RA15: no entries are sent while a snapshot is on its way")
    if (this.state === "probe") {
      if (count > 0) this.isFlowPaused = true
      return
    }
    if (count > 0) {
      this.next += count
      this.inflights.add(this.next - 1, bytes)
    }
    this.isFlowPaused = this.inflights.isFull
  }

  /** Whether `commit` would tell the follower anything that is not on its way. */
  canBumpCommit(commit: LogIndex): boolean {
    return commit > this.sentCommit && this.sentCommit < this.next - 1
  }

  /** The follower accepted up to `index`. False: known before. */
  maybeUpdate(index: LogIndex): boolean {
    if (index <= this.match) return false
    this.match = index
    this.next = Math.max(this.next, index + 1)
    this.isFlowPaused = false
    return true
  }

  /**
   * The follower refused the App after `rejected`; its log may match up to `hint`. False: the answer is an
   * old one. At `replicate` the caller goes on with `becomeProbe`.
   */
  maybeDecrease(rejected: LogIndex, hint: LogIndex): boolean {
    if (this.state === "replicate") {
      if (rejected <= this.match) return false
      this.next = this.match + 1
      this.#lowerSentCommit()
      return true
    }
    // One probe is out at a time, so a genuine answer is about it.
    if (rejected !== this.next - 1) return false
    this.next = Math.max(Math.min(rejected, hint + 1), this.match + 1)
    this.#lowerSentCommit()
    this.isFlowPaused = false
    return true
  }

  #become(state: Progress["state"]): void {
    this.state = state
    this.isFlowPaused = false
    this.pendingSnapshot = 0
    this.inflights.reset()
  }

  #lowerSentCommit(): void {
    this.sentCommit = Math.min(this.sentCommit, this.next - 1)
  }
}
