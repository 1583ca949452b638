/**
 * The last changes of a node, for everyone who watches.
 *
 * A watcher is no more than a place in it, so one that stands still costs nothing: when there is no
 * room the oldest changes are forgotten, and whoever had not read them learns it. That may begin
 * in the middle of an entry, since one command can change more than fits.
 *
 * Changes refer to documents, which never change, so the ring copies nothing. It is not part of the
 * state: on a node that starts from a snapshot it begins there.
 */
import { invariant } from "../invariant.ts"
import { start, type LogIndex } from "../value/LogIndex.ts"
import type { Change, Dropped } from "./Change.ts"
import * as Place from "./Place.ts"

/** @category configuration */
export interface RingLimits {
  /** Default 100,000. */
  readonly changesMax: number
  /** Canonical bytes of the documents before and after. Default 64 MiB. */
  readonly bytesMax: number
}

/** @category configuration */
export const defaultLimits: RingLimits = { changesMax: 100_000, bytesMax: 64 * 1024 * 1024 }

/** @category models */
export class ChangeRing {
  readonly #limits: RingLimits
  /** Those before `#first` are forgotten. */
  #changes: Array<Change | Dropped | undefined> = []
  #first = 0
  #bytes = 0
  #oldest = Place.after(start)
  #end = Place.after(start)

  constructor(limits: RingLimits = defaultLimits) {
    this.#limits = limits
  }

  /** How many changes are remembered. */
  get length(): number {
    return this.#changes.length - this.#first
  }

  /** What the remembered documents take. */
  get bytes(): number {
    return this.#bytes
  }

  /** Every change from here on is remembered. */
  get oldest(): Place.Place {
    return this.#oldest
  }

  /** After the last entry that was pushed. */
  get end(): Place.Place {
    return this.#end
  }

  /** Takes all changes of the entry at `index`, in order. */
  push(index: LogIndex, changes: ReadonlyArray<Change | Dropped>): void {
    invariant(index >= this.#end.index, "ST16: changes are remembered in the order of the log")
    for (const change of changes) {
      this.#changes.push(change)
      this.#bytes += bytesOf(change)
    }
    this.#end = Place.after(index)
    const { bytesMax, changesMax } = this.#limits
    while (this.length > 0 && (this.length > changesMax || this.#bytes > bytesMax)) this.#forget()
    if (this.#first > spareMax && this.#first > this.length) {
      this.#changes = this.#changes.slice(this.#first)
      this.#first = 0
    }
  }

  /** Changes up to `index` were skipped: nothing of what was before can be told. */
  reset(index: LogIndex): void {
    this.#changes = []
    this.#first = 0
    this.#bytes = 0
    this.#end = Place.after(index)
    this.#oldest = this.#end
  }

  /** The number, from 0 for the oldest, of the first change that is not before `place`. */
  find(place: Place.Place): number {
    let low = 0
    let high = this.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (Place.isBefore(this.at(middle), place)) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The change of number `number`, which is below `length`. Numbers are good until the next push. */
  at(number: number): Change | Dropped {
    return this.#changes[this.#first + number]!
  }

  #forget(): void {
    const change = this.at(0)
    this.#changes[this.#first] = undefined
    this.#first += 1
    this.#bytes -= bytesOf(change)
    this.#oldest = { index: change.index, op: change.op + 1 }
  }
}

/** Forgotten slots that may stand before the first one that is used. */
const spareMax = 1024

const bytesOf = (change: Change | Dropped) =>
  change.kind === "dropped" ? 0 : (change.before?.bytes ?? 0) + (change.after?.bytes ?? 0)
