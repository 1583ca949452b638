/** Nodes for tests of watching: a log that is made up, and copies of it that apply it as told. */
import * as Effect from "effect/Effect"
import type { Operation, SingleOperation } from "@distri/store/command/Command"
import { apply, type Entry } from "@distri/store/apply/apply"
import { compile } from "@distri/store/filter/compile"
import * as Filter from "@distri/store/filter/Filter"
import { empty, type State } from "@distri/store/state/State"
import * as Tree from "@distri/store/tree/Tree"
import type { LogIndex, LogTime } from "@distri/store/value/LogIndex"
import type { Fields } from "@distri/store/value/Value"
import type { Change, Dropped } from "@distri/store/watch/Change"
import type { ChangeEvent, Documents } from "../../src/database/Documents.ts"
import type { WatchedChange } from "../../src/database/WatchPoll.ts"
import * as Changes from "../../src/database/internal/changes.ts"
import * as Copy from "../../src/database/internal/copy.ts"
import * as Watch from "../../src/database/internal/watch.ts"
import { CurrentRequest } from "../../src/service/RequestContext.ts"

/** After an entry. */
interface Moment {
  readonly state: State
  readonly changes: ReadonlyArray<Change | Dropped>
}

/** Element `i` is the moment after entry `i`. Each entry is 10 ms after the one before. */
export class Log {
  readonly moments: Array<Moment> = [{ state: empty, changes: [] }]

  append(...operations: ReadonlyArray<Operation>): void {
    for (const operation of operations) {
      const { state } = this.moments.at(-1)!
      const index = (state.index + 1) as LogIndex
      const command = { language: 1, sender: { _tag: "System" }, operation } as const
      const entry: Entry = { index, time: (index * 10) as LogTime, command }
      this.moments.push(apply(state, entry))
    }
  }
}

/** The raw documents that match, also those that have expired and are not removed yet. */
export const matching = ({ collections }: State, collection: string, filter: Fields) => {
  const parsed = Filter.parse(filter)
  if (parsed._tag !== "Filter") throw new Error("not a filter")
  const matches = compile(parsed.node)
  const found = Tree.get(collections, collection)
  const entries = found === undefined ? [] : Array.from(Tree.entries(found.documents))
  return new Map(
    entries.flatMap(([id, { document }]) => (matches(document) ? [[id, document]] : []))
  )
}

/** Pages of two, all of the version of the first. */
const reader =
  (log: Log, state: Effect.Effect<State>): Documents["read"] =>
  ({ collection, filter = {} }, { cursor } = {}) =>
    Effect.map(state, (current) => {
      const [at = String(current.index), after = ""] = cursor?.split("/") ?? []
      const version = Number(at) as LogIndex
      const all = Array.from(matching(log.moments[version]!.state, collection, filter).values())
      const rest = all.filter(({ _id }) => _id > after)
      const found = rest.slice(0, 2).map((document) => ({ document, rev: version }))
      const last = found.at(-1)?.document._id
      return rest.length > 2 ? { found, version, next: `${at}/${last}` } : { found, version }
    })

export type Node = Effect.Success<ReturnType<typeof makeNode>>

export const makeNode = Effect.fnUntraced(function* (
  log: Log,
  limits?: Parameters<typeof Changes.make>[0],
  home = "here"
) {
  const copy = yield* Copy.make
  const changes = yield* Changes.make(limits)
  const read = reader(log, copy.state)
  const watching = yield* Watch.make({
    changes,
    copy,
    read,
    home,
    confirmed: copy.running,
    footing: Effect.map(Effect.andThen(copy.running, CurrentRequest), ({ seen }) => ({
      log: "the-log",
      seen
    }))
  })
  return {
    ...watching,
    read,
    ring: changes.ring,
    state: copy.state,
    stop: Effect.ignore(copy.stop("LogRegressed")),
    /** Applies up to `count` entries as one batch. */
    apply: Effect.fnUntraced(function* (count = Infinity) {
      const { index } = yield* copy.state
      const to = Math.min(index + count, log.moments.length - 1)
      for (const { changes: list, state } of log.moments.slice(index + 1, to + 1))
        if (list.length > 0) changes.push(state.index, list)
      // Whoever was woken by a push must not look at the state before it is published.
      yield* Effect.yieldNow
      yield* copy.publish(log.moments[to]!.state)
    }),
    /** Takes over a snapshot that is `count` entries ahead. */
    jump: Effect.fnUntraced(function* (count: number) {
      const { index } = yield* copy.state
      const { state } = log.moments[Math.min(index + count, log.moments.length - 1)]!
      if (state.index === index) return
      changes.reset(state.index)
      yield* Effect.yieldNow
      yield* copy.publish(state)
    })
  }
})

/** A node that has applied `operations`, and what appends more and applies them. */
export const node = Effect.fnUntraced(function* (
  operations: ReadonlyArray<Operation>,
  limits?: Parameters<typeof makeNode>[1]
) {
  const log = new Log()
  log.append(...operations)
  const made = yield* makeNode(log, limits)
  yield* made.apply()
  const write = (...more: ReadonlyArray<Operation>) => {
    log.append(...more)
    return made.apply()
  }
  return { log, node: made, write }
})

export const create = (collection: string): Operation => ({ _tag: "CreateCollection", collection })
export const drop = (collection: string): Operation => ({ _tag: "DeleteCollection", collection })
export const put = (id: string, n: number, collection = "a"): SingleOperation => ({
  _tag: "UpdateDocument",
  collection,
  id,
  replace: { _id: id, n },
  upsert: true
})
export const remove = (id: string, collection = "a"): SingleOperation => ({
  _tag: "DeleteDocument",
  collection,
  id
})
export const batch = (...operations: ReadonlyArray<SingleOperation>): Operation => ({
  _tag: "Batch",
  operations
})

/** Events, briefly. */
export const brief = (events: ReadonlyArray<ChangeEvent | WatchedChange>) =>
  events.map((event) => ("id" in event ? `${event.kind} ${event.id}` : event.kind))
