import type { Entry } from "../Entry.ts"
import type { Breaks } from "../internal/breaks.ts"
import { invariant } from "../invariant.ts"
import type { LogIndex, LogTime, Term } from "../LogIndex.ts"
import type { LogView } from "../RaftView.ts"
import type { SnapshotMeta } from "../SnapshotMeta.ts"
import { Durability, type LogChange, noChange } from "./Durability.ts"
import { none, Retained } from "./Retained.ts"

/**
 * The log of one node, and how far it is committed, handed out, applied and durable.
 *
 * A follower's log is cut where it differs from its leader's, never at or below `commit`. A snapshot from
 * the leader replaces all of it. Until the disk has that snapshot nothing is handed out, and `handedOut`
 * and `applied` stay behind `firstIndex`.
 *
 * **Gotcha.** `durable` falls when entries are cut off. The other marks only rise (RA7).
 */
export class Log extends Retained implements LogView {
  readonly disk: Durability
  /** The latest one: restored, taken or received. */
  snapshot: SnapshotMeta
  commit: LogIndex
  handedOut: LogIndex
  applied: LogIndex
  /** A received snapshot that is not durable yet. */
  pendingSnapshot: SnapshotMeta | undefined = undefined
  /** How far received snapshots that are durable have replaced the log. */
  replacedTo: LogIndex = 0
  private readonly breaks: Breaks

  /** Begins with what the disk holds. The application begins with the snapshot. */
  constructor(
    restored: {
      readonly snapshot: SnapshotMeta
      readonly entries: ReadonlyArray<Entry>
      readonly commit: LogIndex
    },
    breaks: Breaks
  ) {
    const { snapshot, entries } = restored
    const first = entries[0]
    // Where entries reach back behind the snapshot, the first one serves as the place before the others.
    const overlaps = first !== undefined && first.index <= snapshot.index
    super(overlaps ? first.index : snapshot.index, overlaps ? first.term : snapshot.term)
    this.push(entries, overlaps ? 1 : 0)
    invariant(this.matches(snapshot.index, snapshot.term), "RA3: the snapshot fits the log")
    this.snapshot = snapshot
    this.commit = Math.max(restored.commit, snapshot.index)
    invariant(this.commit <= this.lastIndex, "RA7: commit <= last")
    this.handedOut = snapshot.index
    this.applied = snapshot.index
    this.disk = new Durability(this.lastIndex, breaks)
    this.breaks = breaks
  }

  /** The time of the last entry, or of the snapshot. */
  get lastTime(): LogTime {
    return this.entry(this.lastIndex)?.time ?? this.snapshot.time
  }

  get durable(): LogIndex {
    return this.disk.durable
  }

  get hasPendingSnapshot(): boolean {
    return this.pendingSnapshot !== undefined
  }

  get hasUnpersisted(): boolean {
    return this.disk.owes(this.lastIndex)
  }

  /** Adds a leader's own entries (RA2: at the end). */
  append(entries: ReadonlyArray<Entry>): void {
    this.push(entries, 0)
  }

  /**
   * Takes over the leader's entries that follow (prevIndex, prevTerm), and returns the index of the last
   * one; undefined where this log does not hold that place (Raft figure 2, AppendEntries 2-4).
   *
   * Only a conflict cuts: a late message with fewer entries must not take away what another one brought.
   */
  maybeAppend(
    prevIndex: LogIndex,
    prevTerm: Term,
    entries: ReadonlyArray<Entry>
  ): LogIndex | undefined {
    if (!this.matches(prevIndex, prevTerm)) return undefined
    const last = prevIndex + entries.length
    let start = 0
    if (this.breaks.truncateOnEveryAppend !== true) {
      while (start < entries.length && this.matches(prevIndex + 1 + start, entries[start]!.term)) {
        start++
      }
      if (start === entries.length) return last
      invariant(prevIndex + 1 + start > this.commit, "RA4: a committed entry is never replaced")
    }
    const from = prevIndex + 1 + start
    if (from <= this.lastIndex) {
      this.cutFrom(from)
      this.disk.cut(from)
    }
    this.push(entries, start)
    return last
  }

  /** Commits all up to `index`; nothing new where that is known. */
  commitTo(index: LogIndex): void {
    if (index <= this.commit) return
    invariant(index <= this.lastIndex, "RA7: commit <= last")
    this.commit = index
  }

  /** Commits what a quorum holds, if the last of it is an entry of the leader's `term` (RA6, Raft §5.4.2). */
  maybeCommit(index: LogIndex, term: Term): boolean {
    if (index <= this.commit || !this.matches(index, term)) return false
    this.commit = index
    return true
  }

  hasCommits(beforePersist: boolean): boolean {
    return this.readyTo(beforePersist) > this.handedOut
  }

  /** The next entries to apply. Each is given out once. */
  takeCommits(beforePersist: boolean): ReadonlyArray<Entry> {
    const to = this.readyTo(beforePersist)
    if (to <= this.handedOut) return none
    const commits = this.range(this.handedOut + 1, to)
    this.handedOut = to
    return commits
  }

  appliedTo(index: LogIndex): void {
    // Entries handed out before a snapshot came may be reported after it.
    if (index <= this.replacedTo) return
    invariant(index >= this.applied, "RA7: applied never goes back")
    invariant(index <= this.handedOut, "RA7: only what was handed out is applied")
    this.applied = index
  }

  /** Whether a change of membership is committed and not applied (RA16). */
  hasUnappliedConfChange(): boolean {
    return this.hasConfChange(this.applied + 1, this.commit)
  }

  /** The application has taken `snapshot`: entries before `keepFrom` are not needed any more. */
  compact(snapshot: SnapshotMeta, keepFrom: LogIndex): void {
    // A newer one came from the leader meanwhile.
    if (snapshot.index < this.snapshot.index) return
    invariant(snapshot.index <= this.applied, "RA14: a snapshot holds what is applied")
    invariant(this.matches(snapshot.index, snapshot.term), "RA14: a snapshot is of this log")
    invariant(keepFrom <= snapshot.index + 1, "RA7: first <= commit + 1")
    this.snapshot = snapshot
    if (keepFrom > this.firstIndex) this.dropBefore(keepFrom)
  }

  /** A received `snapshot`, of more than is committed here, replaces the log. */
  restore(snapshot: SnapshotMeta): void {
    invariant(snapshot.index > this.commit, "RA7: commit never goes back")
    this.disk.replace(snapshot, this.commit)
    this.clear(snapshot.index, snapshot.term)
    this.snapshot = snapshot
    this.pendingSnapshot = snapshot
    this.commit = snapshot.index
  }

  /** What the disk has not been given yet. */
  unpersisted(): LogChange | undefined {
    if (!this.hasUnpersisted) return undefined
    const { snapshot, truncateFrom, written } = this.disk
    return { truncateFrom, entries: this.range(written + 1, this.lastIndex), snapshot }
  }

  /** Gives that to the disk as part of `batch`, also when it is nothing. */
  handOut(batch: number): LogChange {
    const change = this.unpersisted() ?? noChange
    this.disk.handOut(batch, this.lastIndex)
    return change
  }

  /** `batch` and all before it are durable. Returns the snapshot that became durable, which is then applied. */
  persisted(batch: number): SnapshotMeta | undefined {
    const snapshot = this.disk.confirm(batch)
    if (snapshot === undefined) return undefined
    if (snapshot === this.pendingSnapshot) this.pendingSnapshot = undefined
    this.replacedTo = snapshot.index
    this.applied = snapshot.index
    this.handedOut = snapshot.index
    return snapshot
  }

  private readyTo(beforePersist: boolean): LogIndex {
    if (this.pendingSnapshot !== undefined) return this.handedOut
    return beforePersist ? this.commit : Math.min(this.commit, this.durable)
  }
}
