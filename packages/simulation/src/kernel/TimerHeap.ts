/**
 * What is set to happen, in simulated time. Of two timers for one moment the one that was set first fires
 * first, so the order depends on nothing but the calls.
 *
 * A binary heap in which each timer knows its place: a timer that is cancelled leaves at once, for most
 * timers are time-outs of calls that were answered.
 */
import type { SimProcess } from "./SimProcess.ts"

export interface Timer {
  readonly atMs: number
  readonly order: number
  readonly owner: SimProcess
  readonly fire: () => void
  isCancelled: boolean
  /** Kept by the heap; -1 outside of it. */
  place: number
}

export class TimerHeap {
  private readonly items: Array<Timer> = []
  private count = 0

  /** When the next timer is due; Infinity without one. */
  get nextMs(): number {
    return this.items[0]?.atMs ?? Infinity
  }

  set(atMs: number, owner: SimProcess, fire: () => void): Timer {
    const timer: Timer = {
      atMs,
      order: this.count++,
      owner,
      fire,
      isCancelled: false,
      place: -1
    }
    this.rise(timer, this.items.length)
    return timer
  }

  /** Takes the next timer out. There must be one. */
  take(): Timer {
    const first = this.items[0]!
    this.remove(first)
    return first
  }

  /** Does nothing to a timer that has fired. */
  remove(timer: Timer): void {
    const { place } = timer
    if (place < 0) return
    timer.place = -1
    const last = this.items.pop()!
    if (last === timer) return
    if (place > 0 && isBefore(last, this.items[(place - 1) >> 1]!)) this.rise(last, place)
    else this.sink(last, place)
  }

  /** Whether anything waits that `owner` will be woken by. */
  has(owner: SimProcess): boolean {
    return this.items.some((timer) => timer.owner === owner)
  }

  private rise(timer: Timer, from: number): void {
    const { items } = this
    let place = from
    while (place > 0) {
      const above = items[(place - 1) >> 1]!
      if (!isBefore(timer, above)) break
      items[place] = above
      above.place = place
      place = (place - 1) >> 1
    }
    items[place] = timer
    timer.place = place
  }

  private sink(timer: Timer, from: number): void {
    const { items } = this
    const size = items.length
    let place = from
    for (let child = 2 * place + 1; child < size; child = 2 * place + 1) {
      const right = child + 1
      if (right < size && isBefore(items[right]!, items[child]!)) child = right
      const below = items[child]!
      if (isBefore(timer, below)) break
      items[place] = below
      below.place = place
      place = child
    }
    items[place] = timer
    timer.place = place
  }
}

const isBefore = (left: Timer, right: Timer): boolean =>
  left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order)
