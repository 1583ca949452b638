/**
 * Lowe's memory: which operations were placed, together with the state that came of it. A search that
 * arrives there again, by another order, turns back.
 *
 * The set of placed operations is kept as bits and remembered as text. Operations that return are placed
 * nearly in the order of their calls, so of their bits only those between the first hole and the last
 * placed one are text: a few words, however long the history is. Those that never return may be placed at
 * any time, so all their bits are.
 *
 * Forgetting costs time and is never wrong, so beyond a limit everything is forgotten at once.
 */
export class Visited {
  private readonly limit: number
  private readonly placed: Uint16Array
  /** How many words of `placed` belong to operations that return. */
  private readonly words: number
  /** Invariant: the words below `low` are full, and those of `words` above `high` are empty. */
  private low = 0
  private high = -1
  private readonly text: Uint16Array
  private readonly seen = new Set<string>()
  private readonly stateIds = new Map<unknown, number>()
  private nextStateId = 0
  private used = 0

  /** `limit`: what is remembered before all is forgotten, in units of about two bytes. */
  constructor(required: number, optional: number, limit = 1 << 27) {
    this.limit = limit
    this.words = (required + 15) >> 4
    this.placed = new Uint16Array(this.words + ((optional + 15) >> 4))
    this.text = new Uint16Array(this.placed.length + 4)
  }

  /** The bit of the n-th operation that never returns. That of the n-th one that does is n. */
  optionalBit(n: number): number {
    return (this.words << 4) + n
  }

  /** A number for a state, the same for the same key until all is forgotten, and never used again. */
  stateId(key: unknown): number {
    let id = this.stateIds.get(key)
    if (id === undefined) {
      id = this.nextStateId++
      this.stateIds.set(key, id)
    }
    return id
  }

  place(bit: number): void {
    const word = bit >> 4
    this.placed[word]! |= 1 << (bit & 15)
    if (word >= this.words) return
    if (word > this.high) this.high = word
    while (this.low <= this.high && this.placed[this.low] === 0xffff) this.low++
  }

  takeBack(bit: number): void {
    const word = bit >> 4
    this.placed[word]! &= ~(1 << (bit & 15))
    if (word >= this.words) return
    if (word < this.low) this.low = word
    while (this.high >= 0 && this.placed[this.high] === 0) this.high--
  }

  /** Remembers what is placed now, with a state. False where it is known. */
  add(stateId: number): boolean {
    const key = this.key(stateId)
    const before = this.seen.size
    this.seen.add(key)
    if (this.seen.size === before) return false
    // An entry of the set, the head of its text and the entry of its state cost about 100 bytes.
    this.used += key.length + 50
    if (this.used > this.limit) {
      this.seen.clear()
      this.stateIds.clear()
      this.used = 0
    }
    return true
  }

  private key(stateId: number): string {
    const { text, placed } = this
    text[0] = stateId
    text[1] = stateId >>> 16
    text[2] = this.low
    text[3] = this.low >>> 16
    let length = 4
    for (let word = this.low; word <= this.high; word++) text[length++] = placed[word]!
    for (let word = this.words; word < placed.length; word++) text[length++] = placed[word]!
    let key = ""
    // A call takes only so many arguments.
    for (let from = 0; from < length; from += 8192) {
      const part = text.subarray(from, Math.min(length, from + 8192))
      key += String.fromCharCode.apply(null, part as unknown as Array<number>)
    }
    return key
  }
}
