import type { IncarnationId } from "@distri/raft/IncarnationId"
import type { LogIndex } from "@distri/raft/LogIndex"
import type { ProgressView } from "@distri/raft/RaftView"

interface Transfer {
  readonly index: LogIndex
  lastMs: number
}

/** A snapshot of which nobody fetched a piece for so long is given up, and offered anew. */
const idleMaxMs = 10_000

/** The snapshots that this leader has offered, and when somebody last fetched a piece of one. */
export class Transfers {
  readonly #byPeer = new Map<IncarnationId, Transfer>()

  begin(peer: IncarnationId, index: LogIndex, nowMs: number): void {
    this.#byPeer.set(peer, { index, lastMs: nowMs })
  }

  fetched(peer: IncarnationId, nowMs: number): void {
    const transfer = this.#byPeer.get(peer)
    if (transfer !== undefined) transfer.lastMs = nowMs
  }

  /** Those that have failed. What the core has ended by itself is forgotten. */
  expire(
    nowMs: number,
    progress: ReadonlyArray<ProgressView>
  ): ReadonlyArray<{ readonly peer: IncarnationId; readonly index: LogIndex }> {
    if (this.#byPeer.size === 0) return []
    for (const peer of this.#byPeer.keys()) {
      const waits = progress.some(({ id, state }) => id === peer && state === "snapshot")
      if (!waits) this.#byPeer.delete(peer)
    }
    const late = Array.from(this.#byPeer, ([peer, { index, lastMs }]) => ({
      peer,
      index,
      lastMs
    })).filter(({ lastMs }) => nowMs - lastMs >= idleMaxMs)
    for (const { peer } of late) this.#byPeer.delete(peer)
    return late
  }
}
