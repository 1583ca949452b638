/**
 * The nodes of a B+tree, and how they divide and join.
 *
 * Entries stand in the leaves. An inner node has one key less than children: `keys[at]` is greater
 * than all that stands in `children[at]`, and not greater than anything in `children[at + 1]`.
 *
 * **Gotchas**
 *
 * A node is changed in place by the `Edit` that made it, and by nobody else. A key between two
 * children may be that of an entry that was removed since.
 */

/** Under one edit, nodes that it made itself are changed in place. @category models */
export interface Edit {
  readonly _tag: "Edit"
}

/** @category models */
export interface Leaf<K, V> {
  readonly edit: Edit | undefined
  readonly keys: Array<K>
  readonly values: Array<V>
  readonly children: undefined
}

/** @category models */
export interface Inner<K, V> {
  readonly edit: Edit | undefined
  readonly keys: Array<K>
  readonly values: undefined
  readonly children: Array<Node<K, V>>
}

/** @category models */
export type Node<K, V> = Leaf<K, V> | Inner<K, V>

/** Entries of a leaf, or children of an inner node, at most. */
export const max = 32
/** And at least, except in the root. */
export const min = 8
/** What a node has after it was joined or built, at most: room for what is added next. */
export const comfortable = 24

/** @category constructors */
export const leaf = <K, V>(
  edit: Edit | undefined,
  keys: Array<K>,
  values: Array<V>
): Leaf<K, V> => ({ edit, keys, values, children: undefined })

/** @category constructors */
export const inner = <K, V>(
  edit: Edit | undefined,
  keys: Array<K>,
  children: Array<Node<K, V>>
): Inner<K, V> => ({ edit, keys, values: undefined, children })

/** The node itself if `edit` made it, else a copy that `edit` may change. */
export const owned = <K, V>(node: Node<K, V>, edit: Edit): Node<K, V> => {
  if (node.edit === edit) return node
  return node.children === undefined
    ? leaf(edit, node.keys.slice(), node.values.slice())
    : inner(edit, node.keys.slice(), node.children.slice())
}

/** Entries of a leaf, children of an inner node. */
export const width = (node: Node<any, any>): number =>
  node.children === undefined ? node.keys.length : node.children.length

/** Where `key` stands; if it does not, the complement (`~`) of where it would. */
export const find = <K>(
  keys: ReadonlyArray<K>,
  key: K,
  compare: (a: K, b: K) => number
): number => {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const order = compare(key, keys[middle] as K)
    if (order === 0) return middle
    if (order > 0) low = middle + 1
    else high = middle
  }
  return ~low
}

/** Which child of an inner node with these keys has the entry of `key`, if there is one. */
export const childAt = <K>(
  keys: ReadonlyArray<K>,
  key: K,
  compare: (a: K, b: K) => number
): number => {
  const at = find(keys, key, compare)
  return at < 0 ? ~at : at + 1
}

/** As `splice`, which makes an array for what it takes out. */
export const insert = <A>(items: Array<A>, at: number, item: A): void => {
  for (let to = items.length; to > at; to -= 1) items[to] = items[to - 1] as A
  items[at] = item
}

/** Moves what stands at `cut` and after it, in the child at `at`, to a new child behind it. */
export const split = <K, V>(parent: Inner<K, V>, at: number, cut: number, edit: Edit): void => {
  const child = parent.children[at]!
  const keys = child.keys.splice(cut)
  const right =
    child.children === undefined
      ? leaf(edit, keys, child.values.splice(cut))
      : inner(edit, keys, child.children.splice(cut))
  // Between the parts of an inner node is a key that neither of them needs.
  const between = child.children === undefined ? (keys[0] as K) : child.keys.pop()!
  insert(parent.keys, at, between)
  insert(parent.children, at + 1, right)
}

/** Gives the child at `at`, which has too little, a part of a neighbour or all of it. */
export const refill = <K, V>(parent: Inner<K, V>, at: number, edit: Edit): void => {
  const left = at > 0 ? at - 1 : at
  const joined = join(
    parent.children[left]!,
    parent.keys[left] as K,
    parent.children[left + 1]!,
    edit
  )
  parent.keys.splice(left, 1)
  parent.children.splice(left, 2, joined)
  const total = width(joined)
  if (total > comfortable) split(parent, left, total >>> 1, edit)
}

const join = <K, V>(left: Node<K, V>, between: K, right: Node<K, V>, edit: Edit): Node<K, V> =>
  left.children === undefined
    ? leaf(edit, left.keys.concat(right.keys), left.values.concat(right.values!))
    : inner(edit, [...left.keys, between, ...right.keys], left.children.concat(right.children!))
