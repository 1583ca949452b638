import { assert } from "@effect/vitest"
import type { Breaks } from "../../src/internal/breaks.ts"
import { Log } from "../../src/log/Log.ts"
import type { SnapshotMeta } from "../../src/SnapshotMeta.ts"
import { entry, snapshot } from "./entries.ts"
import { common, type Image, type Plain } from "./Plain.ts"

/**
 * Plays the life of a follower, sometimes a leader, with a `Log`, beside plain lists and a disk that
 * really carries out each batch. The leaders it hears have logs that fork from one another behind what
 * is committed, and speak in any order: entries of earlier terms come back to where others had been.
 *
 * Each command takes numbers and makes of them what fits the moment.
 */
export class LogModel {
  log: Log
  plain: Plain = []
  first = 1
  commit = 0
  handedOut = 0
  applied = 0
  snapshot = snapshot(0, 0)
  pending: SnapshotMeta | undefined = undefined
  /** The disk after each batch of this life; the first one is what it held at the start. */
  images: ReadonlyArray<Image> = [{ held: [], commit: 0, received: undefined }]
  confirmed = 0
  /** Where the log was cut, and how many batches had been handed out by then. */
  cuts: Array<{ readonly at: number; readonly batches: number }> = []
  private term = 0
  private committed: Plain = []
  private leaders: Array<Plain> = [[]]
  private readonly contents = new Map<SnapshotMeta, Plain>()
  private readonly breaks: Breaks

  constructor(breaks: Breaks) {
    this.breaks = breaks
    this.log = new Log({ snapshot: this.snapshot, entries: [], commit: 0 }, breaks)
  }

  get batches(): number {
    return this.images.length - 1
  }

  readonly commands = {
    elect: (which: number, keep: number, count: number) => {
      const log = this.leader(which)
      const kept = Math.max(this.committed.length, keep % (log.length + 1))
      this.leaders.push([...log.slice(0, kept), ...this.fresh(kept, 1 + (count % 4))])
    },

    receive: (which: number, prev: number, count: number) => {
      const leader = this.leader(which)
      const from = prev % (leader.length + 1)
      const sent = leader.slice(from, from + (count % 6))
      const prevTerm = from === 0 ? 0 : leader[from - 1]!.term
      const matches = from >= this.first - 1 && prevTerm === this.termAt(from)
      const answer = this.log.maybeAppend(from, prevTerm, sent)
      assert.strictEqual(answer, matches ? from + sent.length : undefined)
      if (!matches) return
      const agreed = common(sent, this.plain.slice(from, from + sent.length))
      if (agreed === sent.length) return
      this.forget(from + agreed + 1)
      this.plain = [...this.plain.slice(0, from), ...sent]
    },

    propose: (_which: number, _where: number, count: number) => {
      if (common(this.plain, this.committed) < this.committed.length) return
      const own = this.fresh(this.plain.length, 1 + (count % 3))
      this.log.append(own)
      this.plain = [...this.plain, ...own]
      this.leaders.push(this.plain)
    },

    commit: (which: number, to: number, how: number) => {
      const agreed = common(this.plain, this.leader(which))
      const index = to % (agreed + 1)
      if (how % 2 === 0) this.log.commitTo(index)
      else {
        assert.isFalse(this.log.maybeCommit(index, (this.termAt(index) ?? 0) + 1))
        const before = this.commit
        assert.strictEqual(this.log.maybeCommit(index, this.termAt(index) ?? 0), index > before)
      }
      this.commit = Math.max(this.commit, index)
      if (index > this.committed.length) this.committed = this.plain.slice(0, index)
    },

    handOut: () => {
      const before = this.images.at(-1)!
      const change = this.log.unpersisted()
      assert.strictEqual(this.log.hasUnpersisted, change !== undefined)
      const given = this.log.handOut(this.batches + 1)
      if (change !== undefined) assert.deepStrictEqual(given, change)
      assert.isTrue((given.truncateFrom ?? 1) <= Math.max(before.held.length, 1))
      const base = given.snapshot === undefined ? before.held : this.contents.get(given.snapshot)!
      const kept = base.slice(0, (given.truncateFrom ?? Infinity) - 1)
      if (given.entries.length > 0) assert.strictEqual(given.entries[0]!.index, kept.length + 1)
      const received = given.snapshot ?? before.received
      const held = [...kept, ...given.entries]
      this.images = [...this.images, { held, commit: this.commit, received }]
    },

    confirm: (count: number) => {
      const to = Math.min(this.batches, this.confirmed + 1 + (count % 3))
      if (to === this.confirmed) return
      const received = this.images[to]!.received
      const replaces = received !== undefined && received !== this.images[this.confirmed]!.received
      assert.strictEqual(this.log.persisted(to), replaces ? received : undefined)
      this.confirmed = to
      if (!replaces) return
      this.handedOut = received.index
      this.applied = received.index
      if (received === this.pending) this.pending = undefined
    },

    take: () => {
      const to = Math.min(this.commit, this.log.durable)
      const expected = this.pending === undefined ? this.plain.slice(this.handedOut, to) : []
      assert.strictEqual(this.log.hasCommits(false), expected.length > 0)
      assert.deepStrictEqual(this.log.takeCommits(false), expected)
      this.handedOut += expected.length
    },

    apply: (to: number) => {
      this.applied += to % (this.handedOut - this.applied + 1)
      this.log.appliedTo(this.applied)
    },

    compact: (which: number, keep: number) => {
      // The log before a pending snapshot is not in the list any more. The log ignores a snapshot of it.
      if (this.pending !== undefined) return this.log.compact(snapshot(this.applied, 1), 0)
      const index = this.snapshot.index + (which % (this.applied - this.snapshot.index + 1))
      this.snapshot = snapshot(index, this.termAt(index)!)
      const from = keep % (index + 2)
      this.log.compact(this.snapshot, from)
      this.first = Math.max(this.first, from)
    },

    restore: (which: number, ahead: number) => {
      const leader = this.leader(which)
      if (leader.length <= this.commit) return
      const index = this.commit + 1 + (ahead % (leader.length - this.commit))
      const received = snapshot(index, leader[index - 1]!.term)
      this.contents.set(received, leader.slice(0, index))
      this.log.restore(received)
      this.cuts.push({ at: this.commit + 1, batches: this.batches })
      this.plain = leader.slice(0, index)
      if (index > this.committed.length) this.committed = this.plain
      this.first = index + 1
      this.commit = index
      this.snapshot = received
      this.pending = received
    },

    crash: (loses: number, keep: number) => {
      const image = this.images[this.batches - (loses % (this.batches - this.confirmed + 1))]!
      const taken = this.pending === undefined ? this.snapshot : snapshot(0, 0)
      const received = image.received ?? taken
      const from = received.index > taken.index ? received : taken
      const first = from.index + 1 - (keep % (from.index + 1))
      const kept = image.held.slice(first - 1)
      this.log = new Log({ snapshot: from, entries: kept, commit: image.commit }, this.breaks)
      this.plain = image.held
      // The first of the entries only tells its term.
      this.first = first <= from.index ? first + 1 : first
      this.commit = Math.max(image.commit, from.index)
      this.handedOut = from.index
      this.applied = from.index
      this.snapshot = from
      this.pending = undefined
      this.images = [{ held: image.held, commit: this.commit, received: undefined }]
      this.confirmed = 0
      this.cuts = []
    }
  }

  private termAt(index: number): number | undefined {
    return index === 0 ? 0 : this.plain[index - 1]?.term
  }

  /** One of the logs that hold all that is committed: no other node can lead (RA4). */
  private leader(which: number): Plain {
    const { committed } = this
    const able = this.leaders.filter((log) => common(log, committed) === committed.length)
    return able[which % able.length]!
  }

  private fresh(behind: number, count: number): Plain {
    this.term++
    return Array.from({ length: count }, (_, at) => entry(behind + 1 + at, this.term, at))
  }

  private forget(from: number): void {
    if (from <= this.plain.length) this.cuts.push({ at: from, batches: this.batches })
  }
}
