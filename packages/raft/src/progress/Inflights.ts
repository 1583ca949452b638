/**
 * Counts the App messages under way to one follower, so that a slow one is not flooded: a window over the
 * last index of each message, in the order sent. An answer frees all messages up to its index.
 *
 * The limit of bytes is soft: the message that reaches it still goes out, the next one does not. Two rings
 * of numbers, which grow when needed: most followers never have more than a few messages under way.
 */
import { invariant } from "../invariant.ts"
import type { LogIndex } from "../LogIndex.ts"

/** How many messages a window without any growth has room for. */
const roomAtFirst = 8

export class Inflights {
  readonly #max: number
  readonly #maxBytes: number
  #lastIndexes: Array<LogIndex> = []
  #sizes: Array<number> = []
  /** The position of the oldest message in the rings. */
  #start = 0
  #count = 0
  #bytes = 0

  constructor(max: number, maxBytes: number) {
    this.#max = max
    this.#maxBytes = maxBytes
  }

  get count(): number {
    return this.#count
  }

  get bytes(): number {
    return this.#bytes
  }

  get isFull(): boolean {
    return this.#count >= this.#max || this.#bytes >= this.#maxBytes
  }

  /** A message whose last entry is at `index` was sent. Indexes never fall, and the window is not full. */
  add(index: LogIndex, bytes: number): void {
    invariant(!this.isFull, "RA15: nothing is sent into a full window")
    if (this.#count === this.#sizes.length) this.#grow()
    const position = (this.#start + this.#count) % this.#sizes.length
    this.#lastIndexes[position] = index
    this.#sizes[position] = bytes
    this.#count += 1
    this.#bytes += bytes
  }

  /** The follower has everything up to `index`. */
  freeUpTo(index: LogIndex): void {
    while (this.#count > 0 && this.#lastIndexes[this.#start]! <= index) {
      this.#bytes -= this.#sizes[this.#start]!
      this.#count -= 1
      this.#start = (this.#start + 1) % this.#sizes.length
    }
  }

  reset(): void {
    this.#start = 0
    this.#count = 0
    this.#bytes = 0
  }

  /** The last index of each message under way, and its bytes, oldest first. For `encode` and tests. */
  messages(): ReadonlyArray<{ readonly index: LogIndex; readonly bytes: number }> {
    return Array.from({ length: this.#count }, (_, age) => {
      const position = (this.#start + age) % this.#sizes.length
      return { index: this.#lastIndexes[position]!, bytes: this.#sizes[position]! }
    })
  }

  /** Only a full ring grows, so its messages are the two parts around the start, swapped. */
  #grow(): void {
    const room = Math.max(roomAtFirst, 2 * this.#sizes.length)
    this.#lastIndexes = unrolled(this.#lastIndexes, this.#start, room)
    this.#sizes = unrolled(this.#sizes, this.#start, room)
    this.#start = 0
  }
}

const unrolled = (ring: ReadonlyArray<number>, start: number, room: number): Array<number> => {
  const grown = [...ring.slice(start), ...ring.slice(0, start)]
  while (grown.length < room) grown.push(0)
  return grown
}
