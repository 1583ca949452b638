import type { State } from "@distri/store/state/State"
import * as Tree from "@distri/store/tree/Tree"
import type { Change, Dropped } from "@distri/store/watch/Change"

/** States that one node keeps for cursors. More hold more memory: each keeps old documents. */
const rootsMax = 64
/** Cursors of one node, however few states they share. */
const cursorsMax = 10_000
/** How long a cursor may rest between two pages. */
const idleMs = 60_000
/** How long a cursor may last in all. */
const lifeMs = 600_000
/** A state that nobody read for this long makes room when another is to be kept. */
const restMs = 5000
/** Documents that were replaced or deleted since a state, in bytes: so much memory it may hold. */
const defaultHeldMax = 128 * 1024 * 1024

interface Root {
  readonly state: State
  /** What `replaced` was when it was kept. */
  readonly since: number
  readonly cursors: Set<string>
  usedMs: number
}

interface Cursor {
  readonly root: Root
  readonly bornMs: number
  usedMs: number
}

/**
 * The states that snapshot cursors read. Cursors of the same state share it. A cursor in use never
 * makes room for a new one: whoever reads on would have to begin again, and push out the next.
 */
export const make = (heldMax = defaultHeldMax) => {
  const cursors = new Map<string, Cursor>()
  // A map remembers the order of insertion, and a use puts a root last.
  const roots = new Map<State, Root>()
  /** Bytes of documents that were replaced or deleted, in all. */
  let replaced = 0
  /** At no less than this a root holds too much. */
  let heavyAt = Infinity

  const drop = (id: string) => {
    const root = cursors.get(id)?.root
    if (root === undefined) return
    cursors.delete(id)
    root.cursors.delete(id)
    if (root.cursors.size === 0) roots.delete(root.state)
  }
  const use = (root: Root, nowMs: number) => {
    root.usedMs = nowMs
    roots.delete(root.state)
    roots.set(root.state, root)
  }
  const sweep = (nowMs: number) => {
    for (const [id, cursor] of cursors) if (isOver(cursor, nowMs)) drop(id)
  }
  const dropHeavy = () => {
    heavyAt = Infinity
    for (const { cursors: heavy, since } of roots.values())
      if (replaced <= since + heldMax) heavyAt = Math.min(heavyAt, since + heldMax)
      else for (const id of heavy) drop(id)
  }
  /** Whether one more cursor of `state` finds room, be it that of a root that rests. */
  const makeRoom = (state: State, nowMs: number): boolean => {
    const isFull = () => cursors.size >= cursorsMax || (!roots.has(state) && roots.size >= rootsMax)
    if (!isFull()) return true
    sweep(nowMs)
    for (const { cursors: resting, usedMs } of roots.values()) {
      if (!isFull()) return true
      if (nowMs - usedMs <= restMs) return false
      for (const id of resting) drop(id)
    }
    return !isFull()
  }
  return {
    sweep,
    /** Says whether there was room. */
    keep: (id: string, state: State, nowMs: number): boolean => {
      if (!makeRoom(state, nowMs)) return false
      const root = roots.get(state) ?? { state, since: replaced, cursors: new Set(), usedMs: nowMs }
      heavyAt = Math.min(heavyAt, root.since + heldMax)
      root.cursors.add(id)
      use(root, nowMs)
      cursors.set(id, { root, bornMs: nowMs, usedMs: nowMs })
      return true
    },
    get: (id: string, nowMs: number): State | undefined => {
      const cursor = cursors.get(id)
      if (cursor === undefined || isOver(cursor, nowMs)) return undefined
      cursor.usedMs = nowMs
      use(cursor.root, nowMs)
      return cursor.root.state
    },
    drop,
    /** Hears of all changes. The roots with the most replaced since go when that is too much. */
    push: (changes: ReadonlyArray<Change | Dropped>) => {
      for (const change of changes)
        replaced += change.kind === "dropped" ? bytesOf(change, roots) : (change.before?.bytes ?? 0)
      if (replaced > heavyAt) dropHeavy()
    },
    /** The copy begins anew: what is kept shares nothing with it. */
    clear: () => {
      cursors.clear()
      roots.clear()
    }
  }
}

/** What a dropped collection took, as the roots know it. */
const bytesOf = ({ collection, uid }: Dropped, roots: ReadonlyMap<State, Root>) => {
  let most = 0
  for (const { collections } of roots.keys()) {
    const known = Tree.get(collections, collection)
    if (known?.uid === uid) most = Math.max(most, known.bytes)
  }
  return most
}

const isOver = ({ bornMs, usedMs }: Cursor, nowMs: number) =>
  nowMs - usedMs > idleMs || nowMs - bornMs > lifeMs
