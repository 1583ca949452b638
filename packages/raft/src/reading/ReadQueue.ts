import type { IncarnationId } from "../IncarnationId.ts"
import type { LogIndex } from "../LogIndex.ts"
import type { Configuration } from "../membership/Configuration.ts"
import { committedIndex } from "../quorum/Joint.ts"

/** One read that asks at which index it may be served. `from` is where the answer goes. */
export interface PendingRead {
  readonly from: IncarnationId
  readonly token: number
}

interface WaitingRead extends PendingRead {
  readonly index: LogIndex
}

/**
 * The reads of a leader (Ongaro §6.4). Each gets the next position, and heartbeats carry the last position
 * given: a quorum that answers it confirms that this node was still the leader after all reads up to it
 * had come in, so one round serves any number of reads.
 *
 * Reads that come before an entry of the own term is committed are held: until then the commit index may
 * lie below what an earlier leader acknowledged.
 */
export class ReadQueue {
  /** Came before the first commit of this term. */
  held: Array<PendingRead> = []
  /** A read came since the last round of heartbeats. */
  needsRound = false
  #waiting: Array<WaitingRead> = []
  #confirmed = 0
  readonly #acknowledged = new Map<IncarnationId, number>()
  readonly #position = (id: IncarnationId): number | undefined => this.#acknowledged.get(id)

  /** The position for heartbeats; 0 when nobody waits. */
  get position(): number {
    return this.#waiting.length === 0 ? 0 : this.#confirmed + this.#waiting.length
  }

  get size(): number {
    return this.held.length + this.#waiting.length
  }

  add(read: PendingRead, index: LogIndex): void {
    this.#waiting.push({ from: read.from, token: read.token, index })
    this.needsRound = true
  }

  /** `from` answered a heartbeat that carried `position`. */
  acknowledge(from: IncarnationId, position: number): void {
    if (position > (this.#acknowledged.get(from) ?? 0)) this.#acknowledged.set(from, position)
  }

  /** Takes out the reads that a quorum has confirmed by now. */
  confirm(configuration: Configuration): ReadonlyArray<WaitingRead> {
    const confirmed = committedIndex(configuration, this.#position)
    if (confirmed <= this.#confirmed) return []
    const reads = this.#waiting.splice(0, confirmed - this.#confirmed)
    this.#confirmed = confirmed
    return reads
  }

  /** All reads that were not answered, and what was acknowledged: for `encode`, and when the leader steps down. */
  get unanswered(): ReadonlyArray<PendingRead> {
    return [...this.held, ...this.#waiting]
  }

  /** The private numbers, in a fixed order, for the canonical encoding of the state. */
  get inspection(): {
    readonly waiting: ReadonlyArray<PendingRead & { readonly index: LogIndex }>
    readonly confirmed: number
    readonly acknowledged: ReadonlyMap<IncarnationId, number>
  } {
    return {
      waiting: this.#waiting,
      confirmed: this.#confirmed,
      acknowledged: this.#acknowledged
    }
  }
}
