/**
 * Walks the entries of a tree in order, from either end, within a range.
 *
 * A range is a function of the key, so that a part of a compound key or a prefix is a range too.
 * It is asked a few times for each leaf, not for each entry.
 */
import type { Inner, Leaf, Node } from "./Node.ts"

/**
 * Below 0 for keys before the range, 0 inside, above 0 after it; it never goes down as keys go up.
 * It may be asked about keys that were removed.
 *
 * @category models
 */
export type Within<K> = (key: K) => number

/** @category models */
export interface ScanOptions<K> {
  /** Default: everything. */
  readonly within?: Within<K> | undefined
  /** From the greatest key to the least. Default: false. */
  readonly reverse?: boolean | undefined
}

/** Stands before the first entry until `next` is called. @category models */
export class Scan<K, V> {
  /** Of the entry that the last `next` came to. */
  key!: K
  /** Of the entry that the last `next` came to. */
  value!: V

  private readonly within: Within<K> | undefined
  private readonly reverse: boolean
  /** From the root to the leaf, and which child was taken at each of them. */
  private readonly path: Array<Inner<K, V>> = []
  private readonly places: Array<number> = []
  private leaf: Leaf<K, V> | undefined
  /** What of the leaf is within the range and still to come: up to `end`, or down to it. */
  private at = 0
  private end = 0
  /** The range ends in this leaf. */
  private last = false

  constructor(root: Node<K, V> | undefined, { reverse, within }: ScanOptions<K>) {
    this.within = within
    this.reverse = reverse === true
    if (root !== undefined) this.enter(root, true)
  }

  /** Moves to the next entry; false if there is none, then `key` and `value` stay. */
  next(): boolean {
    if (this.at === this.end && !this.turn()) return false
    const leaf = this.leaf!
    const at = this.reverse ? --this.at : this.at++
    this.key = leaf.keys[at] as K
    this.value = leaf.values[at] as V
    return true
  }

  /** Goes to the next leaf; false if nothing of the range is there. */
  private turn(): boolean {
    if (this.last) return false
    for (let level = this.path.length - 1; level >= 0; level -= 1) {
      const { children } = this.path[level]!
      const place = this.places[level]! + (this.reverse ? -1 : 1)
      if (place >= 0 && place < children.length) {
        this.path.length = level + 1
        this.places[level] = place
        this.enter(children[place]!, false)
        return this.at !== this.end
      }
    }
    return false
  }

  /** Goes down to a leaf: to the one where the range begins, or (not at the start) the nearest. */
  private enter(from: Node<K, V>, start: boolean): void {
    const { reverse, within } = this
    let node = from
    while (node.children !== undefined) {
      const edge = reverse ? node.children.length - 1 : 0
      const place = start && within !== undefined ? firstWhere(node.keys, within, reverse) : edge
      this.path.push(node)
      this.places[this.path.length - 1] = place
      node = node.children[place]!
    }
    this.leaf = node
    const { keys } = node
    let low = 0
    let high = keys.length
    if (within !== undefined) {
      // Where it comes from can only be an edge of the range in the first leaf.
      if ((start || reverse) && within(keys[0] as K) < 0) low = firstWhere(keys, within, false)
      if ((start || !reverse) && within(keys[high - 1] as K) > 0)
        high = firstWhere(keys, within, true)
    }
    this.at = reverse ? high : low
    this.end = reverse ? low : high
    this.last = reverse ? low > 0 : high < keys.length
  }
}

/** The first place whose key is inside the range or after it; or only after it. */
const firstWhere = <K>(keys: ReadonlyArray<K>, within: Within<K>, after: boolean): number => {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const order = within(keys[middle] as K)
    if (order > 0 || (order === 0 && !after)) high = middle
    else low = middle + 1
  }
  return low
}
