import type { Operation } from "./Operation.ts"

/**
 * The calls and returns of operations in time order, as a linked list: an operation is lifted out when it
 * is placed, and put back, at the same position, when that led nowhere.
 *
 * Lists of numbers, so that a search allocates nothing. Operation i has the call 2i and the return 2i + 1,
 * and is put back in the reverse order of lifting: then the neighbours it remembers are the right ones.
 */
export class Timeline {
  /** Comes before the first event; also what comes after the last one. */
  readonly head: number
  private readonly following: Int32Array
  private readonly preceding: Int32Array

  /** `optional` operations never return, so nothing waits for them. */
  constructor(
    operations: ReadonlyArray<Operation<unknown, unknown>>,
    optional: (operation: Operation<unknown, unknown>) => boolean
  ) {
    this.head = 2 * operations.length
    this.following = new Int32Array(this.head + 1)
    this.preceding = new Int32Array(this.head + 1)
    const at = (event: number): number => {
      const operation = operations[event >> 1]!
      return (event & 1) === 0 ? operation.called : operation.returned
    }
    const events = Array.from({ length: this.head }, (_, event) => event)
      .filter((event) => (event & 1) === 0 || !optional(operations[event >> 1]!))
      // Compared, since Infinity - Infinity is NaN. At one instant calls come first: they overlap the returns.
      .toSorted((left, right) =>
        at(left) < at(right) ? -1 : at(left) > at(right) ? 1 : (left & 1) - (right & 1)
      )
    let last = this.head
    for (const event of events) {
      this.following[last] = event
      this.preceding[event] = last
      last = event
    }
    this.following[last] = this.head
    this.preceding[this.head] = last
  }

  get first(): number {
    return this.following[this.head]!
  }

  after(event: number): number {
    return this.following[event]!
  }

  /** What comes now where this event was lifted out. Its own `after` may have been lifted since. */
  afterLifted(event: number): number {
    return this.following[this.preceding[event]!]!
  }

  lift(event: number): void {
    this.following[this.preceding[event]!] = this.following[event]!
    this.preceding[this.following[event]!] = this.preceding[event]!
  }

  putBack(event: number): void {
    this.following[this.preceding[event]!] = event
    this.preceding[this.following[event]!] = event
  }
}
