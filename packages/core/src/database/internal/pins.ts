import type { State } from "@distri/store/state/State"

/** Snapshots that one node keeps for cursors. More hold more memory: each keeps old documents. */
const pinsMax = 64
/** How long a cursor may rest between two pages. */
const idleMs = 60_000
/** How long a cursor may last in all. */
const lifeMs = 600_000

interface Kept {
  readonly state: State
  readonly bornMs: number
  usedMs: number
}

/** The states that snapshot cursors read. When there is no room, the one that rested longest goes. */
export const make = () => {
  const pins = new Map<string, Kept>()

  const sweep = (nowMs: number) => {
    for (const [id, { bornMs, usedMs }] of pins)
      if (nowMs - usedMs > idleMs || nowMs - bornMs > lifeMs) pins.delete(id)
  }
  return {
    sweep,
    keep: (id: string, state: State, nowMs: number) => {
      sweep(nowMs)
      // A map remembers the order of insertion, and `get` puts what it finds last.
      const [first] = pins.keys()
      if (pins.size >= pinsMax && first !== undefined) pins.delete(first)
      pins.set(id, { state, bornMs: nowMs, usedMs: nowMs })
    },
    get: (id: string, nowMs: number): State | undefined => {
      sweep(nowMs)
      const kept = pins.get(id)
      if (kept === undefined) return undefined
      kept.usedMs = nowMs
      pins.delete(id)
      pins.set(id, kept)
      return kept.state
    },
    drop: (id: string) => void pins.delete(id),
    count: () => pins.size
  }
}
