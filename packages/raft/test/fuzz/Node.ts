import type { Entry } from "../../src/Entry.ts"
import type { Event } from "../../src/Event.ts"
import type { IncarnationId } from "../../src/IncarnationId.ts"
import { make, type Raft, view } from "../../src/Raft.ts"
import type { RaftConfig } from "../../src/RaftConfig.ts"
import type { RaftView } from "../../src/RaftView.ts"
import type { Restored } from "../../src/Restored.ts"
import { Disk } from "./Disk.ts"

/** One node with its disk and its state machine, of which only the position matters. */
export class Node {
  readonly id: IncarnationId
  readonly config: RaftConfig
  readonly disk: Disk
  raft: Raft
  /** Counts restarts. */
  life = 1
  /** The last batch that is durable, and the last that the node was told of. */
  synced = 0
  confirmed = 0
  /** Handed out and not reported as applied. */
  commits: Array<Entry> = []

  constructor(config: RaftConfig, restored: Restored) {
    this.id = config.id
    this.config = config
    this.disk = new Disk(restored)
    this.raft = make(config, restored)
  }

  get view(): RaftView {
    return view(this.raft)
  }

  /** The process dies and comes back with what its disk holds. */
  restart(keptBatches: number): void {
    const restored = this.disk.crash(keptBatches)
    this.raft = make(this.config, restored)
    this.life++
    this.synced = 0
    this.confirmed = 0
    this.commits = []
  }

  /** What the disk answers, if it has something to say. */
  persisted(): Event | undefined {
    if (this.confirmed === this.synced) return undefined
    this.confirmed = this.synced
    return { _tag: "Persisted", batch: this.synced }
  }

  /** The state machine takes up to `count` of the commits. */
  applied(count: number): Event | undefined {
    const last = this.commits.splice(0, count).at(-1)
    return last && { _tag: "Applied", index: last.index }
  }

  /** A snapshot of what is applied; at most `kept` entries of it stay in the log. */
  snapshotTaken(kept: number): Event | undefined {
    const { log, configuration } = this.view
    const index = log.applied
    const entry = log.entry(index)
    if (entry === undefined || index <= log.snapshot.index) return undefined
    const keepFrom = Math.max(log.firstIndex, index + 1 - kept)
    const { term, time } = entry
    const snapshot = { index, term, time, configuration, reference: "", bytes: 0, digest: "" }
    this.disk.compact(snapshot, keepFrom)
    return { _tag: "SnapshotTaken", snapshot, keepFrom }
  }
}
