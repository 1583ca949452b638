/**
 * The nodes of a consensus core in one process, without disk and network: what is written is durable at
 * once, what is sent arrives in the order sent. So all time and memory is the core's.
 */
import * as Raft from "@distri/raft"
import { withVoters } from "@distri/raft/membership/Configuration"

export interface ClusterOptions {
  readonly nodes: number
  /** Entries that stay in the log of each node when it is compacted. Default 1,000. */
  readonly retained?: number
  /** How many followers get nothing. */
  readonly silent?: number
}

export class Cluster {
  readonly #nodes = new Map<string, Raft.Raft>()
  readonly #silent: ReadonlySet<string>
  readonly #retained: number
  readonly #leader: Raft.Raft
  readonly #env = { random: () => 0.5 }
  #token = 0

  constructor({ nodes, retained = 1000, silent = 0 }: ClusterOptions) {
    const ids = Array.from({ length: nodes }, (_, at) => `n${at + 1}/1`)
    const restored = Raft.founding(withVoters(ids))
    for (const id of ids) this.#nodes.set(id, Raft.make({ ...Raft.defaults, id }, restored))
    this.#silent = new Set(ids.slice(nodes - silent))
    this.#retained = retained
    this.#leader = this.#nodes.get(ids[0]!)!
    Raft.step(this.#leader, { _tag: "CampaignRequested" }, this.#env)
    this.#pump()
  }

  /** Returns when the entries are committed and applied by all that are not silent. */
  propose(entries: ReadonlyArray<Uint8Array>): void {
    const token = ++this.#token
    Raft.step(this.#leader, { _tag: "Proposed", token, entries, timeMs: token }, this.#env)
    this.#pump()
  }

  get committed(): number {
    return Raft.view(this.#leader).log.commit
  }

  #pump(): void {
    for (let isBusy = true; isBusy;) {
      isBusy = false
      for (const raft of this.#nodes.values()) {
        if (!Raft.hasOutput(raft)) continue
        isBusy = true
        this.#carryOut(raft, Raft.take(raft))
      }
    }
  }

  #carryOut(raft: Raft.Raft, output: Raft.Output): void {
    this.#send(output.messages)
    if (output.persist !== undefined) {
      Raft.step(raft, { _tag: "Persisted", batch: output.persist.batch }, this.#env)
      this.#send(output.persist.afterPersist)
    }
    const last = output.commits.at(-1)
    if (last === undefined) return
    Raft.step(raft, { _tag: "Applied", index: last.index }, this.#env)
    this.#compact(raft, last)
  }

  #send(messages: ReadonlyArray<Raft.Message>): void {
    for (const message of messages) {
      if (this.#silent.has(message.to)) continue
      Raft.step(this.#nodes.get(message.to)!, { _tag: "Received", message }, this.#env)
    }
  }

  /** Half of what is retained goes at a time, so the cost is spread thin. */
  #compact(raft: Raft.Raft, last: Raft.Entry): void {
    const { log, configuration } = Raft.view(raft)
    if (last.index - log.firstIndex < this.#retained * 1.5) return
    const { index, term, time } = last
    const snapshot = { index, term, time, configuration, reference: "", bytes: 0, digest: "" }
    const keepFrom = index - this.#retained + 1
    Raft.step(raft, { _tag: "SnapshotTaken", snapshot, keepFrom }, this.#env)
  }
}
