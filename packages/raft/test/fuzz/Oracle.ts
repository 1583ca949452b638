/**
 * Watches all nodes at once, after every event and every output, and throws when a promise of Raft that
 * spans nodes, lives or time is broken.
 */
import type { Entry } from "../../src/Entry.ts"
import type { Message } from "../../src/Message.ts"
import type { Output } from "../../src/Output.ts"
import type { RaftView } from "../../src/RaftView.ts"
import type { Node } from "./Node.ts"

interface Committed {
  readonly entry: Entry
  /** The term of the leader that committed it. */
  readonly by: number
}

/** What was seen of one life of a node. */
interface Seen {
  life: number
  term: number
  vote: string | undefined
  commit: number
  applied: number
  handedOut: number
  isLeader: boolean
  lastIndex: number
  last: Entry | undefined
}

const founding: Entry = { term: 1, index: 1, kind: "noop", time: 0, data: new Uint8Array(0) }

const check = (holds: boolean, rule: string): void => {
  if (!holds) throw new Error(rule)
}

const isSame = (left: Entry, right: Entry): boolean =>
  left.term === right.term &&
  left.kind === right.kind &&
  left.time === right.time &&
  left.data.length === right.data.length &&
  left.data.every((byte, at) => byte === right.data[at])

export class Oracle {
  /** What has happened: a search in which nothing happens would find nothing. */
  readonly counts = { leaders: 0, commits: 0, restores: 0, reads: 0, changes: 0, truncations: 0 }
  /** The entry at index i is at i - 1. No log holds the first one: a cloud begins with a snapshot of it. */
  readonly committed: Array<Committed> = [{ entry: founding, by: 1 }]
  private readonly nodes: ReadonlyArray<Node>
  private readonly leaders = new Map<number, string>()
  private readonly votes = new Map<string, string>()
  private readonly reads = new Map<number, number>()
  private readonly entries = new Map<string, { readonly entry: Entry; readonly prevTerm: number }>()
  private readonly seen = new Map<string, Seen>()

  constructor(nodes: ReadonlyArray<Node>) {
    this.nodes = nodes
  }

  /** After each `step`. */
  stepped(node: Node): void {
    const view = node.view
    const { log, term, vote } = view
    const seen = this.seenOf(node)
    check(term >= seen.term, "RA7: the term went back")
    check(
      term > seen.term || seen.vote === undefined || vote === seen.vote,
      "RA7: the vote changed"
    )
    check(log.commit >= seen.commit, "RA7: the commit index went back")
    check(log.applied >= seen.applied, "RA7: applied went back")
    check(log.applied <= log.commit && log.commit <= log.lastIndex, "RA7: applied, commit, last")
    check(log.firstIndex <= log.commit + 1 && log.durable <= log.lastIndex, "RA7: first, durable")
    check(view.uncommittedBytes >= 0, "RA15: uncommitted bytes are counted twice")
    const isLeader = view.role === "leader"
    if (isLeader && seen.isLeader && seen.term === term) this.stillLeads(view, seen)
    else if (isLeader) this.leads(node)
    if (log.commit > seen.commit) this.commits(node, seen.commit)
    seen.term = term
    seen.vote = vote
    seen.commit = log.commit
    seen.applied = log.applied
    seen.isLeader = isLeader
    seen.lastIndex = log.lastIndex
    seen.last = log.entry(log.lastIndex)
  }

  /** After each `take`. */
  took(node: Node, output: Output): void {
    const seen = this.seenOf(node)
    for (const entry of output.commits) {
      if (entry.index !== seen.handedOut + 1) {
        check(entry.index === node.view.log.snapshot.index + 1, "RA5: commits have a gap")
      }
      seen.handedOut = entry.index
      check(this.isCommitted(entry), "RA5: another entry was applied at this index")
      check(entry.index <= node.view.log.durable, "RA9: an entry is applied before it is durable")
      if (entry.kind === "confChange") this.counts.changes++
    }
    for (const { token, index } of output.reads) {
      check(index >= this.reads.get(token)!, "RA13: a read missed a write that was committed")
      this.counts.reads++
    }
    const { persist } = output
    if (persist === undefined) return
    if (persist.truncateFrom !== undefined) this.counts.truncations++
    if (persist.snapshot !== undefined) this.counts.restores++
    for (const entry of persist.entries) this.logged(node, entry)
  }

  /** When a batch became durable. */
  synced(before: Node["disk"]["hardState"], after: Node["disk"]["hardState"]): void {
    check(after.term >= before.term, "RA8: the term on the disk went back")
    const isSameTerm = after.term === before.term
    check(
      !isSameTerm || before.vote === undefined || after.vote === before.vote,
      "RA8: the vote on the disk changed"
    )
  }

  sent(message: Message): void {
    if (message._tag !== "VoteResp" || !message.granted) return
    const key = `${message.from}@${message.term}`
    const to = this.votes.get(key) ?? message.to
    check(to === message.to, "RA8: a voter gave two votes in a term")
    this.votes.set(key, to)
  }

  readRequested(token: number): void {
    this.reads.set(token, this.committed.length)
  }

  private seenOf(node: Node): Seen {
    const old = this.seen.get(node.id)
    if (old?.life === node.life) return old
    const { term, vote, commit } = node.disk.hardState
    const index = node.disk.snapshot.index
    const fresh = {
      life: node.life,
      term,
      vote,
      commit: Math.max(index, commit),
      applied: index,
      handedOut: index,
      isLeader: false,
      lastIndex: 0,
      last: undefined
    }
    this.seen.set(node.id, fresh)
    return fresh
  }

  private leads(node: Node): void {
    const { log, term } = node.view
    const name = `${node.id}#${node.life}`
    check((this.leaders.get(term) ?? name) === name, "RA1: a term has two leaders")
    this.leaders.set(term, name)
    this.counts.leaders++
    for (let index = log.firstIndex; index <= this.committed.length; index++) {
      const { entry, by } = this.committed[index - 1]!
      if (by >= term) break
      const own = log.entry(index)
      check(own !== undefined && isSame(own, entry), "RA4: a leader lacks a committed entry")
    }
  }

  private stillLeads(view: RaftView, seen: Seen): void {
    const { log } = view
    const last = log.entry(seen.lastIndex)
    const isKept = last === seen.last || seen.lastIndex < log.firstIndex
    check(log.lastIndex >= seen.lastIndex && isKept, "RA2: a leader changed its own log")
  }

  private commits(node: Node, from: number): void {
    const { log, term } = node.view
    for (let index = from + 1; index <= log.commit; index++) {
      const entry = log.entry(index)
      if (index <= this.committed.length) {
        check(entry === undefined || this.isCommitted(entry), "RA4: two entries are committed")
        continue
      }
      if (entry === undefined) throw new Error("RA14: a snapshot holds what nobody committed")
      check(index < log.commit || entry.term === term, "RA6: an earlier term is committed by count")
      this.committed.push({ entry, by: term })
      this.counts.commits++
      this.durable(node, entry)
    }
  }

  private durable(node: Node, { index, term }: Entry): void {
    const { voters } = node.view.configuration
    const holding = this.nodes.filter(
      ({ id, disk }) =>
        voters.includes(id) && (disk.snapshot.index > index || disk.term(index) === term)
    )
    check(2 * holding.length > voters.length, "RA9: a committed entry is not durable on a quorum")
  }

  private isCommitted(entry: Entry): boolean {
    const known = this.committed[entry.index - 1]
    return known !== undefined && isSame(known.entry, entry)
  }

  private logged(node: Node, entry: Entry): void {
    const key = `${entry.index}@${entry.term}`
    const prevTerm = node.view.log.term(entry.index - 1)
    const known = this.entries.get(key)
    if (known === undefined) {
      if (prevTerm !== undefined) this.entries.set(key, { entry, prevTerm })
      return
    }
    check(isSame(known.entry, entry), "RA3: two entries have the same index and term")
    check(
      prevTerm === undefined || prevTerm === known.prevTerm,
      "RA3: two logs part before an entry"
    )
  }
}
