/** A database to which tests send commands one by one. */
import { apply, type Applied, type Entry } from "../../src/apply/apply.ts"
import type { Operation, Sender } from "../../src/command/Command.ts"
import * as State from "../../src/state/State.ts"
import { LogIndex, LogTime } from "../../src/value/LogIndex.ts"
import * as Describe from "./describe.ts"

export const system: Sender = { _tag: "System" }

/** A command as tests write it: what the types say of its parts is checked by the commands. */
export type Op = { readonly _tag: Operation["_tag"]; readonly [member: string]: unknown }

export class Node {
  state: State.State
  time = 0

  constructor(state: State.State = State.empty) {
    this.state = state
    this.time = state.time
  }

  /** The entry that would come next. */
  entry(op: Op, sender: Sender = system, language = 1): Entry {
    const operation = op as unknown as Operation
    const index = LogIndex.make(this.state.index + 1)
    return { index, time: LogTime.make(this.time), command: { language, sender, operation } }
  }

  apply(entry: Entry): Applied {
    const applied = apply(this.state, entry)
    this.state = applied.state
    return applied
  }

  run(op: Op, sender: Sender = system): unknown {
    return this.apply(this.entry(op, sender)).result
  }

  /** What `op` did, as `kind id` each. */
  changes(op: Op): ReadonlyArray<string> {
    return this.apply(this.entry(op)).changes.map((change) =>
      change.kind === "dropped" ? "dropped" : `${change.kind} ${change.id}`
    )
  }

  /** Ids by collection. */
  ids(): unknown {
    const contents = Describe.contents(this.state) as Record<string, object>
    return Object.fromEntries(
      Object.entries(contents).map(([name, documents]) => [name, Object.keys(documents)])
    )
  }
}

export const create = (options: object = {}): Op => ({
  _tag: "CreateCollection",
  collection: "a",
  ...options
})

export const add = (_id: string, fields: object = {}): Op => ({
  _tag: "AddDocument",
  collection: "a",
  document: { _id, ...fields }
})

export const update = (id: string, change: object): Op => ({
  _tag: "UpdateDocument",
  collection: "a",
  id,
  ...change
})

export const remove = (id: string, options: object = {}): Op => ({
  _tag: "DeleteDocument",
  collection: "a",
  id,
  ...options
})

export const removeMatches = (filter: object, options: object = {}): Op => ({
  _tag: "DeleteDocuments",
  collection: "a",
  filter,
  ...options
})

export const batch = (...operations: ReadonlyArray<Op>): Op => ({ _tag: "Batch", operations })

/** The date of that log time. */
// oxlint-disable-next-line eslint/no-restricted-globals -- a value, not a clock
export const date = (ms: number): Date => new Date(ms)
