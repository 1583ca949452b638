/**
 * Streams of random numbers, one for each concern of a run. A stream depends on the seed and its own name
 * only, so that leaving out a fault, or a client, does not reshuffle what all others draw (SIM6).
 *
 * The generator is sfc32 (Doty-Humphrey, PractRand): 128 bits of state of which 32 count, so no cycle is
 * shorter than 2^32. The name is hashed by FNV-1a and spread over the state by the finalizer of MurmurHash3.
 */
export class Random {
  private a: number
  private b: number
  private c: number
  private counter = 1

  constructor(seed: number, name: string) {
    const text = `${seed}/${name}`
    let hash = 0x811c9dc5
    for (let at = 0; at < text.length; at++)
      hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
    this.a = spread(hash)
    this.b = spread(hash + 0x9e3779b9)
    this.c = spread(hash ^ seed)
    for (let round = 0; round < 12; round++) this.uint32()
  }

  /** All 32 bits, from 0 on. */
  uint32(): number {
    const sum = (this.a + this.b + this.counter) | 0
    this.counter = (this.counter + 1) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = (((this.c << 21) | (this.c >>> 11)) + sum) | 0
    return sum >>> 0
  }

  /** In [0, 1), in steps of 2^-32. */
  next(): number {
    return this.uint32() / 0x1_0000_0000
  }

  /** A whole number in [0, limit). */
  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  /** In [low, high). */
  between(low: number, high: number): number {
    return low + this.next() * (high - low)
  }

  /** A whole number in [low, high). */
  whole(low: number, high: number): number {
    return low + this.below(high - low)
  }

  /** True this often. Draws in any case, so that a ratio of 0 leaves the later draws as they are. */
  chance(ratio: number): boolean {
    return this.next() < ratio
  }

  /** One of a list that is not empty. */
  pick<A>(list: ReadonlyArray<A>): A {
    return list[this.below(list.length)] as A
  }

  /** Some number of different ones of the list, in random order. */
  some<A>(list: ReadonlyArray<A>, count: number): Array<A> {
    const rest = [...list]
    const picked: Array<A> = []
    while (picked.length < count && rest.length > 0) {
      picked.push(...rest.splice(this.below(rest.length), 1))
    }
    return picked
  }
}

const spread = (input: number): number => {
  let bits = input | 0
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b)
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35)
  return bits ^ (bits >>> 16)
}
