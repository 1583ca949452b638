import { type Entry, entryBytes } from "../Entry.ts"
import { invariant } from "../invariant.ts"
import type { LogIndex, Term } from "../LogIndex.ts"

/** No entries; shared, so that nothing costs nothing. */
export const none: ReadonlyArray<Entry> = []

/**
 * Holds the entries that are in memory, and compares them with the logs of others.
 *
 * It is an array that begins behind the place `before`. The term at that place stays known when the entry
 * is gone, because the consistency check of the first retained entry asks for it (Raft §7). Entries are
 * shared with whoever asks for them, and never change.
 */
export class Retained {
  private before: LogIndex
  private beforeTerm: Term
  private entries: Array<Entry> = []
  /** What was read last: each follower's message, the disk and the application ask for the same entries. */
  private latest: ReadonlyArray<Entry> = none

  constructor(before: LogIndex, beforeTerm: Term) {
    this.before = before
    this.beforeTerm = beforeTerm
  }

  get firstIndex(): LogIndex {
    return this.before + 1
  }

  get lastIndex(): LogIndex {
    return this.before + this.entries.length
  }

  get lastTerm(): Term {
    return this.entry(this.lastIndex)?.term ?? this.beforeTerm
  }

  entry(index: LogIndex): Entry | undefined {
    const at = index - this.before - 1
    // An array that is read outside of its bounds is slow from then on.
    return at >= 0 && at < this.entries.length ? this.entries[at] : undefined
  }

  /** Known for the place before `firstIndex` too. */
  term(index: LogIndex): Term | undefined {
    return index === this.before ? this.beforeTerm : this.entry(index)?.term
  }

  matches(index: LogIndex, term: Term): boolean {
    return this.term(index) === term
  }

  /** Whether a log that ends there is at least as new as this one (Raft §5.4.1). */
  isUpToDate(index: LogIndex, term: Term): boolean {
    const lastTerm = this.lastTerm
    return term > lastTerm || (term === lastTerm && index >= this.lastIndex)
  }

  /**
   * The greatest index, not above the given one, whose term is not above the given one: where two logs
   * may still agree. It skips whole terms (Raft §5.3). A place whose term is not known is taken as it is,
   * with term 0.
   */
  findConflictByTerm(
    index: LogIndex,
    term: Term
  ): { readonly index: LogIndex; readonly term: Term } {
    let at = index
    let here = this.term(at)
    while (here !== undefined && here > term) here = this.term(--at)
    return { index: at, term: here ?? 0 }
  }

  /** The entries from `from` on that fit into `maxBytes`, and at least one if there is one. */
  slice(from: LogIndex, maxBytes: number): ReadonlyArray<Entry> {
    let to = from - 1
    let bytes = 0
    for (let next = this.entry(from); next !== undefined; next = this.entry(to + 1)) {
      bytes += entryBytes(next)
      if (bytes > maxBytes && to >= from) break
      to++
    }
    return this.range(from, to)
  }

  /** Whether a change of membership is among the retained entries from `from` to `to`. */
  protected hasConfChange(from: LogIndex, to: LogIndex): boolean {
    for (let at = Math.max(from, this.firstIndex); at <= to; at++) {
      if (this.entry(at)?.kind === "confChange") return true
    }
    return false
  }

  /** The entries from `from` to `to`, both included. */
  protected range(from: LogIndex, to: LogIndex): ReadonlyArray<Entry> {
    invariant(from > this.before && to <= this.lastIndex, "RA7: only what is retained is read")
    const count = to - from + 1
    if (count <= 0) return none
    if (this.latest.length !== count || this.latest[0]!.index !== from) {
      this.latest = this.entries.slice(from - this.firstIndex, to - this.before)
    }
    return this.latest
  }

  /** Adds `entries` from position `start` of that array on. */
  protected push(entries: ReadonlyArray<Entry>, start: number): void {
    for (let at = start; at < entries.length; at++) {
      const entry = entries[at]!
      invariant(entry.index === this.lastIndex + 1, "RA3: each entry stands right behind another")
      this.entries.push(entry)
    }
  }

  /** Forgets `from` and all behind it. */
  protected cutFrom(from: LogIndex): void {
    this.entries.length = from - this.firstIndex
    this.latest = none
  }

  /** Forgets all before `from`; the place right before it must be known. */
  protected dropBefore(from: LogIndex): void {
    const term = this.term(from - 1)
    invariant(term !== undefined, "RA7: only what is retained is dropped")
    this.entries = this.entries.slice(from - this.firstIndex)
    this.latest = none
    this.before = from - 1
    this.beforeTerm = term
  }

  /** Forgets everything. The log goes on behind `before`. */
  protected clear(before: LogIndex, beforeTerm: Term): void {
    this.entries = []
    this.latest = none
    this.before = before
    this.beforeTerm = beforeTerm
  }
}
