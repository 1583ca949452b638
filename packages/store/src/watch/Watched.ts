/**
 * What changes mean to somebody who watches the documents that match a filter.
 *
 * A document enters the watched set, changes in it, or leaves it; whether it matched is asked of
 * the document before and after. So the set at a place, and what is seen from there on, give the
 * set as it is now (ST16).
 *
 * **Gotchas**
 *
 * A document that has expired stays in this set until an entry removes it, while reads hide it.
 */
import { pageMax, pageMaxBytes } from "../command/Limits.ts"
import type { State } from "../state/State.ts"
import * as Tree from "../tree/Tree.ts"
import type { Document } from "../value/Value.ts"
import type { LogIndex } from "../value/LogIndex.ts"
import type { Change, Dropped } from "./Change.ts"
import type { ChangeRing } from "./ChangeRing.ts"
import * as Place from "./Place.ts"

/** @category models */
export interface Watcher {
  readonly collection: string
  readonly uid: LogIndex
  readonly matches: (document: Document) => boolean
}

/** @category models */
export type Kind = "entered" | "changed" | "left"

/** `next`: where to go on after it. The same on every node, whatever its ring remembers. @category models */
export interface Seen {
  readonly kind: Kind
  readonly change: Change
  readonly next: Place.Place
}

/**
 * - `Seen`: in order; they may be none. `done`: there is nothing more up to the state.
 * - `Dropped`: the collection is gone; `seen` is what happened before.
 * - `Forgotten`: something happened that is not remembered.
 *
 * @category models
 */
export type Look =
  | {
      readonly _tag: "Seen"
      readonly seen: ReadonlyArray<Seen>
      readonly next: Place.Place
      readonly done: boolean
    }
  | { readonly _tag: "Dropped"; readonly seen: ReadonlyArray<Seen> }
  | { readonly _tag: "Forgotten" }

/** How much one look may take. @category configuration */
export interface LookLimits {
  /** Changes of any collection that it goes over. Default 1,000. */
  readonly changesMax: number
  /** Default 1,000. */
  readonly seenMax: number
  /** Canonical bytes of the documents that were seen; the first change may exceed it. Default 768 KiB. */
  readonly bytesMax: number
}

/** @category configuration */
export const defaultLimits: LookLimits = {
  changesMax: 1000,
  seenMax: pageMax,
  bytesMax: pageMaxBytes
}

/** What `change` means to those who watch what `matches`. Nothing, if it never matched. @category getters */
export const meaning = (
  matches: Watcher["matches"],
  { after, before }: Pick<Change, "before" | "after">
): Kind | undefined => {
  const did = before !== undefined && matches(before.document)
  const does = after !== undefined && matches(after.document)
  return does ? (did ? "changed" : "entered") : did ? "left" : undefined
}

/**
 * What `watcher` sees from `from` on, up to the version of `state`. The ring may be ahead of it.
 *
 * @category getters
 */
export const look = (
  ring: ChangeRing,
  state: State,
  watcher: Watcher,
  from: Place.Place,
  limits: LookLimits = defaultLimits
): Look => {
  const found = Tree.get(state.collections, watcher.collection)
  const current = found?.uid === watcher.uid ? found : undefined
  const end = Place.later(from, Place.after(state.index))
  if (Place.isBefore(from, ring.oldest)) {
    if (current === undefined) return { _tag: "Dropped", seen: [] }
    // What is forgotten happened to others: nothing is missed.
    return current.version < from.index
      ? { _tag: "Seen", seen: [], next: end, done: true }
      : { _tag: "Forgotten" }
  }
  const seen: Array<Seen> = []
  const first = ring.find(from)
  let bytes = 0
  for (let at = first; at < ring.length; at += 1) {
    const change = ring.at(at)
    if (change.index > state.index) break
    if (at - first >= limits.changesMax) return until(change, seen)
    if (!concerns(change, watcher)) continue
    if (change.kind === "dropped") return { _tag: "Dropped", seen }
    const kind = meaning(watcher.matches, change)
    if (kind === undefined) continue
    bytes += (change.before?.bytes ?? 0) + (change.after?.bytes ?? 0)
    if (seen.length >= limits.seenMax) return until(change, seen)
    if (seen.length > 0 && bytes > limits.bytesMax) return until(change, seen)
    seen.push({ kind, change, next: following(ring, at, watcher) })
  }
  if (current === undefined) return { _tag: "Dropped", seen }
  return { _tag: "Seen", seen, next: end, done: true }
}

/**
 * What was seen before `change`. The place is a copy: whoever stands there must not hold on to the
 * documents of a change.
 */
const until = ({ index, op }: Change | Dropped, seen: ReadonlyArray<Seen>): Look => {
  const next = Place.later({ index, op }, seen.at(-1)?.next ?? { index, op })
  return { _tag: "Seen", seen, next, done: false }
}

/** One that was created in the same entry has the same `uid`. */
const concerns = ({ collection, uid }: Change | Dropped, watcher: Watcher) =>
  uid === watcher.uid && collection === watcher.collection

/**
 * The next change of the collection in the same entry, else the next entry: then nothing has to be
 * remembered for as long as the collection stays as it is.
 */
const following = (ring: ChangeRing, at: number, watcher: Watcher): Place.Place => {
  const { index } = ring.at(at)
  for (let after = at + 1; after < ring.length; after += 1) {
    const change = ring.at(after)
    if (change.index !== index) break
    if (concerns(change, watcher)) return { index, op: change.op }
  }
  return Place.after(index)
}
