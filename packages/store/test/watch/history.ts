/** Histories for tests: entries as a log would have them, with the changes and the state of each. */
import * as fc from "fast-check"
import * as Collections from "../../src/state/Collections.ts"
import { empty, type Collection, type State, type Stored } from "../../src/state/State.ts"
import * as Tree from "../../src/tree/Tree.ts"
import type { LogIndex } from "../../src/value/LogIndex.ts"
import type { Change, Dropped } from "../../src/watch/Change.ts"

/** `put` with the number of its document, of which filters ask. */
export type Step =
  | { readonly _tag: "Put"; readonly collection: string; readonly id: string; readonly n: number }
  | { readonly _tag: "Delete"; readonly collection: string; readonly id: string }
  | { readonly _tag: "Drop"; readonly collection: string }

/** What stands in one entry; none: it changes nothing. */
export type Entry = ReadonlyArray<Step>

/** After an entry: its changes, and what each collection holds. */
export interface Moment {
  readonly index: LogIndex
  readonly changes: ReadonlyArray<Change | Dropped>
  readonly state: State
  readonly documents: ReadonlyMap<string, ReadonlyMap<string, Stored>>
}

const collection = fc.constantFrom("a", "b")
const id = fc.constantFrom("1", "2", "3", "4", "5")
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      _tag: fc.constant("Put" as const),
      collection,
      id,
      n: fc.integer({ min: 0, max: 9 })
    })
  },
  { weight: 4, arbitrary: fc.record({ _tag: fc.constant("Delete" as const), collection, id }) },
  { weight: 1, arbitrary: fc.record({ _tag: fc.constant("Drop" as const), collection }) }
)

export const entries = fc.array(fc.array(step, { maxLength: 6 }), { minLength: 5, maxLength: 60 })

/** Element `i` is the moment after entry `i`; 0 is the beginning. */
export const play = (log: ReadonlyArray<Entry>): ReadonlyArray<Moment> => {
  let moment: Moment = { index: 0 as LogIndex, changes: [], state: empty, documents: new Map() }
  return [moment, ...log.map((entry) => (moment = next(moment, entry)))]
}

export const number = ({ document }: Stored) => document["n"] as number

const next = (before: Moment, entry: Entry): Moment => {
  const index = (before.index + 1) as LogIndex
  const changes: Array<Change | Dropped> = []
  const documents = new Map(
    Array.from(before.documents, ([name, stored]) => [name, new Map(stored)])
  )
  let state: State = { ...before.state, index }
  const keep = (name: string, found: Collection | undefined) => {
    const made = found ?? Collections.make({ uid: index, name, options: {}, indexes: [] })
    const { collections } = state
    const version = { ...made, version: index }
    state = { ...state, collections: Tree.set(collections, name, version, Tree.makeEdit()) }
    return made.uid
  }
  for (const one of entry) {
    const name = one.collection
    const found = Tree.get(state.collections, name)
    const held = documents.get(name) ?? new Map<string, Stored>()
    documents.set(name, held)
    const op = changes.length
    if (one._tag === "Drop") {
      if (found === undefined) continue
      state = {
        ...state,
        collections: Tree.remove(state.collections, name, Tree.makeEdit())
      }
      documents.delete(name)
      changes.push({ index, op, collection: name, uid: found.uid, kind: "dropped" })
      continue
    }
    const here = held.get(one.id)
    const ofChange = { index, op, collection: name, id: one.id }
    if (one._tag === "Put") {
      const after = stored(one.id, one.n, index)
      const uid = keep(name, found)
      held.set(one.id, after)
      changes.push(
        here === undefined
          ? { ...ofChange, uid, kind: "added", after }
          : { ...ofChange, uid, kind: "updated", before: here, after }
      )
    } else if (here !== undefined) {
      const uid = keep(name, found)
      held.delete(one.id)
      changes.push({ ...ofChange, uid, kind: "deleted", before: here })
    }
  }
  return { index, changes, state, documents }
}

const stored = (_id: string, n: number, rev: LogIndex): Stored => ({
  document: { _id, n },
  rev,
  bytes: 10,
  fingerprint: n,
  expiresMs: Infinity
})
