/**
 * What clients asked this node, in this life of its process. A write is answered when the entry with the
 * index and the term it was given is applied; another term there means that it is gone.
 */
import type { Entry } from "@distri/raft/Entry"
import type { LogIndex, Term } from "@distri/raft/LogIndex"
import type { Output } from "@distri/raft/Output"
import { encodeCommand, encodeNoise } from "../Command.ts"
import type { Operation } from "../History.ts"
import type { Process } from "../Process.ts"

export type Answer =
  | { readonly _tag: "Done"; readonly result: number; readonly index: LogIndex }
  /** Not in the log, and never will be by this attempt. `leader`: the name of who may know. */
  | { readonly _tag: "Refused"; readonly leader: string | undefined }

export interface Request {
  readonly operation: Operation
  readonly paddingBytes: number
  readonly reply: (answer: Answer) => void
}

interface Read {
  readonly request: Request
  /** The highest acknowledged index when this node was asked. */
  readonly acknowledged: LogIndex
}

interface Waiter {
  readonly term: Term
  readonly request: Request
}

export class Requests {
  private proposals: Array<Request> = []
  private readonly proposed = new Map<number, ReadonlyArray<Request>>()
  private readonly waiters = new Map<LogIndex, Array<Waiter>>()
  private readonly asked = new Map<number, Read>()
  private indexed: Array<{ readonly request: Request; readonly index: LogIndex }> = []
  private readonly process: Process

  constructor(process: Process) {
    this.process = process
  }

  /** Writes that come within one turn become one proposal. */
  add(request: Request): void {
    if (request.operation.kind === "read") return this.ask(request)
    this.proposals.push(request)
    if (this.proposals.length === 1) {
      this.process.after(this.process.pace.turnMs(), () => this.propose())
    }
  }

  /** Entries that nobody waits for, in one proposal. */
  addNoise(count: number): void {
    const { cloud } = this.process
    const token = cloud.nextToken()
    const entries = Array.from({ length: count }, () => encodeNoise(cloud.nextToken()))
    this.process.step({ _tag: "Proposed", token, entries, timeMs: this.process.clockMs() })
  }

  onOutput({ proposed, reads, refused }: Output): void {
    for (const { token, first, term } of proposed) {
      const requests = this.proposed.get(token) ?? []
      this.proposed.delete(token)
      requests.forEach((request, offset) => this.wait(first + offset, { term, request }))
    }
    for (const { token, leader } of refused) {
      const answer: Answer = { _tag: "Refused", leader: leader?.split("/")[0] }
      for (const request of this.proposed.get(token) ?? []) request.reply(answer)
      this.asked.get(token)?.request.reply(answer)
      this.proposed.delete(token)
      this.asked.delete(token)
    }
    for (const { token, index } of reads) this.onIndexed(token, index)
  }

  onApplied(entry: Entry, result: number | undefined): void {
    const waiters = this.waiters.get(entry.index)
    if (waiters !== undefined) {
      this.waiters.delete(entry.index)
      for (const { term, request } of waiters) {
        if (term !== entry.term) request.reply({ _tag: "Refused", leader: undefined })
        else if (result !== undefined) {
          request.reply({ _tag: "Done", result, index: entry.index })
        }
      }
    }
    this.serve()
  }

  /** What waited for an index that the snapshot skipped is never answered: nobody knows. */
  onInstalled(): void {
    for (const index of this.waiters.keys()) {
      if (index <= this.process.machine.applied) this.waiters.delete(index)
    }
    this.serve()
  }

  private ask(request: Request): void {
    const token = this.process.cloud.nextToken()
    this.asked.set(token, { request, acknowledged: this.process.cloud.history.acknowledged })
    this.process.step({ _tag: "ReadRequested", token })
  }

  private propose(): void {
    const requests = this.proposals
    this.proposals = []
    const token = this.process.cloud.nextToken()
    this.proposed.set(token, requests)
    this.process.step({
      _tag: "Proposed",
      token,
      entries: requests.map(({ operation, paddingBytes }) =>
        encodeCommand(operation, paddingBytes)
      ),
      timeMs: this.process.clockMs()
    })
  }

  private wait(index: LogIndex, waiter: Waiter): void {
    if (this.process.breaks.acknowledgeBeforeCommit === true) {
      return waiter.request.reply({ _tag: "Done", result: 1, index })
    }
    const others = this.waiters.get(index)
    if (others === undefined) this.waiters.set(index, [waiter])
    else others.push(waiter)
  }

  private onIndexed(token: number, index: LogIndex): void {
    const read = this.asked.get(token)
    if (read === undefined) return
    this.asked.delete(token)
    const { request, acknowledged } = read
    this.process.cloud.emit({ _tag: "ReadIndexed", node: this.process, index, acknowledged })
    this.indexed.push({ request, index })
    this.serve()
  }

  private serve(): void {
    if (this.indexed.length === 0) return
    const { machine, breaks } = this.process
    const isReady = (index: LogIndex) =>
      index <= machine.applied || breaks.readBeforeApplied === true
    for (const { request, index } of this.indexed) {
      if (!isReady(index)) continue
      const result = machine.read(request.operation.key)
      request.reply({ _tag: "Done", result, index })
    }
    this.indexed = this.indexed.filter(({ index }) => !isReady(index))
  }
}
