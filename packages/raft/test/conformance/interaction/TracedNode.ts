import { entryBytes, type Entry } from "../../../src/Entry.ts"
import type { Event } from "../../../src/Event.ts"
import type { HardState } from "../../../src/HardState.ts"
import type { IncarnationId } from "../../../src/IncarnationId.ts"
import type { LogIndex, Term } from "../../../src/LogIndex.ts"
import type { Output } from "../../../src/Output.ts"
import type { RaftConfig } from "../../../src/RaftConfig.ts"
import type { RaftView } from "../../../src/RaftView.ts"
import * as Raft from "../../../src/Raft.ts"
import type { Restored } from "../../../src/Restored.ts"
import type { State } from "../../../src/State.ts"
import { Disk } from "./Disk.ts"
import type { Mail } from "./Mail.ts"
import { answersOf, hasContent, type Ready } from "./Ready.ts"

export interface NodeOptions {
  /** Storage and state machine are threads that report back, instead of parts of `process-ready`. */
  readonly isAsync: boolean
  /** Bytes of entries that are applied with one Ready, at least one entry. */
  readonly commitsMaxBytes: number
  /** Reads under a lease: a shell that serves them must not let its node forget the leader. */
  readonly isLeaseBased: boolean
}

/** Writes and entries that wait for a thread, and what the thread sends when it is done. */
export interface Work {
  readonly text: string
  readonly run: () => void
  readonly responses: ReadonlyArray<Mail>
}

/** One node with its disk and its state machine, driven as the reference drives its own. */
export class TracedNode {
  readonly id: IncarnationId
  readonly config: RaftConfig
  readonly options: NodeOptions
  readonly disk: Disk
  appendWork: Array<Work> = []
  applyWork: Array<Work> = []
  /** Proposals that the shell passes on to the leader. */
  forwards: Array<Mail> = []
  #raft: Raft.Raft
  #confirmed = 0
  #said: { readonly status: NonNullable<Output["status"]>; readonly hardState: HardState }
  /** Committed entries that wait for a later Ready. */
  #held: Array<Entry> = []
  /** From here on the reference keeps entries in memory, until the storage has reported them. */
  #unstableFrom: LogIndex

  constructor(config: RaftConfig, options: NodeOptions, restored: Restored) {
    this.id = config.id
    this.config = config
    this.options = options
    this.disk = new Disk(restored)
    this.#raft = Raft.make(config, restored)
    const { leader, log, role, term, vote } = this.view
    this.#said = { status: { role, leader, term }, hardState: { term, vote, commit: log.commit } }
    this.#unstableFrom = log.lastIndex + 1
  }

  restarted(): TracedNode {
    return new TracedNode(this.config, this.options, this.disk.restored())
  }

  get view(): RaftView {
    return Raft.view(this.#raft)
  }

  /** No trace rests on a draw: those that wait for an election set the timeout. */
  step(event: Event): void {
    Raft.step(this.#raft, event, { random: () => 0.5 })
  }

  setElectionTimeout(ticks: number): void {
    ;(this.view as State).randomizedElectionTicks = ticks
  }

  /** What there is to do since the last time, if the reference would speak of it. */
  take(): Ready | undefined {
    const output = Raft.take(this.#raft)
    const { messages, persist } = asTheReferenceSends(output)
    const said = this.#said
    const status = output.status ?? said.status
    const hardState = persist?.hardState ?? said.hardState
    this.#said = { status, hardState }
    const isLed = status.role === said.status.role && status.leader === said.status.leader
    const isVoteNew =
      hardState.term !== said.hardState.term || hardState.vote !== said.hardState.vote
    const isSame = !isVoteNew && hardState.commit === said.hardState.commit
    const isSnapshotOnly =
      persist?.snapshot !== undefined && persist.entries.length === 0 && !isVoteNew
    // The reference does not say that a snapshot must be synced.
    if (isSnapshotOnly && !persist.mustSync) throw new Error("a snapshot is not synced")
    const batch = persist?.batch
    const ready: Ready = {
      status: isLed ? undefined : status,
      hardState: isSame ? undefined : hardState,
      mustSync: persist?.mustSync === true && !isSnapshotOnly,
      reads: output.reads,
      // A proposal that is refused is reported by its command.
      refused: output.refused.filter(({ token }) => token !== 0),
      persist,
      answersToSelf: batch === undefined ? [] : answersOf(this.view as State, batch),
      commits: this.#commits(output.commits),
      messages,
      forwards: this.forwards.splice(0)
    }
    if (persist?.snapshot !== undefined) this.#unstableFrom = persist.snapshot.index + 1
    const first = persist?.entries[0]
    if (first !== undefined) this.#unstableFrom = Math.min(this.#unstableFrom, first.index)
    return hasContent(ready) ? ready : undefined
  }

  #commits(commits: ReadonlyArray<Entry>): ReadonlyArray<Entry> {
    this.#held.push(...commits)
    let count = 0
    let bytes = 0
    for (const entry of this.#held) {
      bytes += entryBytes(entry)
      if (count > 0 && bytes > this.options.commitsMaxBytes) break
      count++
    }
    return this.#held.splice(0, count)
  }

  /** Whether the storage of the reference owes an answer about entries. */
  get hasUnstable(): boolean {
    return this.view.log.lastIndex >= this.#unstableFrom
  }

  /** An answer of the storage. One of an earlier term, or about replaced entries, is ignored there. */
  noteStable(term: Term, index: LogIndex, logTerm: Term): void {
    const isOurs = term >= this.view.term && this.view.log.term(index) === logTerm
    if (isOurs && index >= this.#unstableFrom) this.#unstableFrom = index + 1
  }

  /** `batch` and all before it are durable. */
  confirm(batch: number): void {
    if (batch <= this.#confirmed) return
    this.#confirmed = batch
    this.step({ _tag: "Persisted", batch })
  }

  /** The like, where only this batch is known to be. */
  confirmInOrder(batch: number): void {
    if (batch === this.#confirmed + 1) this.confirm(batch)
  }

  /** Each applied entry makes a snapshot that can be sent, but forgets nothing. */
  applied(entries: ReadonlyArray<Entry>): void {
    const last = entries.at(-1)
    if (last === undefined) return
    this.step({ _tag: "Applied", index: last.index })
    this.takeSnapshot(last.index, last.term, this.view.log.firstIndex)
  }

  takeSnapshot(index: LogIndex, term: Term, keepFrom: LogIndex): void {
    const { configuration, log } = this.view
    const time = log.entry(index)?.time ?? log.snapshot.time
    const snapshot = { index, term, time, configuration, reference: "", bytes: 0, digest: "" }
    this.step({ _tag: "SnapshotTaken", snapshot, keepFrom })
  }

  /** Forgets the entries up to `index`. */
  compact(index: LogIndex): void {
    const { snapshot } = this.view.log
    this.step({ _tag: "SnapshotTaken", snapshot, keepFrom: index + 1 })
    this.disk.compact(index, snapshot)
  }
}

/** The reference sends requests for votes before the disk has the term that they claim; ours wait for it. */
const asTheReferenceSends = ({
  messages,
  persist
}: Output): Pick<Output, "messages" | "persist"> => {
  if (persist === undefined) return { messages, persist }
  const { afterPersist } = persist
  const requests = afterPersist.filter(({ _tag }) => _tag === "Vote")
  const promises = afterPersist.filter(({ _tag }) => _tag !== "Vote")
  return {
    messages: [...messages, ...requests],
    persist: { ...persist, afterPersist: promises }
  }
}
