/**
 * Keeps the first few of many documents, in the order of a sort.
 *
 * It keeps up to twice as many as are wanted, then sorts and drops the rest. What comes after the
 * last that is kept is dropped at once, which is most of it.
 */
import type { Stored } from "../state/State.ts"
import type { Position } from "./Query.ts"
import * as Sort from "./Sort.ts"

interface Placed {
  readonly position: Position
  readonly stored: Stored
}

/** @category models */
export class Top {
  private readonly sort: Sort.Sort
  private readonly wanted: number
  private readonly after: Position | undefined
  private readonly order: (a: Placed, b: Placed) => number
  private placed: Array<Placed> = []
  private last: Position | undefined

  /** With `after`, of the documents that come after it. */
  constructor(sort: Sort.Sort, wanted: number, after?: Position) {
    this.sort = sort
    this.wanted = wanted
    this.after = after
    this.order = (a, b) => Sort.compare(sort, a.position, b.position)
  }

  add(stored: Stored): void {
    const { after, last, sort, wanted } = this
    const position = Sort.positionOf(sort, stored.document)
    if (after !== undefined && Sort.compare(sort, position, after) <= 0) return
    if (last !== undefined && Sort.compare(sort, position, last) >= 0) return
    this.placed.push({ position, stored })
    if (this.placed.length < 2 * wanted) return
    this.placed = this.placed.toSorted(this.order).slice(0, wanted)
    this.last = this.placed.at(-1)!.position
  }

  /** In the order of the sort; at least as many as are wanted, if there are. */
  sorted(): ReadonlyArray<Stored> {
    return this.placed.toSorted(this.order).map(({ stored }) => stored)
  }
}
