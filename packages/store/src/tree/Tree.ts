/**
 * A map in key order that never changes: every change makes a new map and shares the rest.
 *
 * A B+tree of up to 32 entries a node, so a change copies a handful of short arrays. Old maps stay
 * whole, which makes a reader, a cursor and a snapshot each a matter of keeping a reference.
 *
 * **Gotchas**
 *
 * Changes under one `Edit` change the nodes that it made in place. Of the maps made under an edit
 * only the last is good, and whoever publishes one takes a new edit for what comes next. Maps made
 * before the edit stay as they are.
 */
import { invariant } from "../invariant.ts"
import * as Node from "./Node.ts"
import { Scan, type ScanOptions } from "./Scan.ts"

export type { Edit } from "./Node.ts"
export type { Scan, ScanOptions, Within } from "./Scan.ts"

/** @category models */
export interface Tree<K, V> {
  /** Below 0 if `a` comes before `b`, 0 if they are the same key. */
  readonly compare: (a: K, b: K) => number
  readonly size: number
  readonly root: Node.Node<K, V> | undefined
}

/** @category constructors */
export const makeEdit = (): Node.Edit => ({ _tag: "Edit" })

/** @category constructors */
export const empty = <K, V>(compare: (a: K, b: K) => number): Tree<K, V> => ({
  compare,
  size: 0,
  root: undefined
})

/** @category getters */
export const get = <K, V>({ compare, root }: Tree<K, V>, key: K): V | undefined => {
  let node = root
  if (node === undefined) return undefined
  while (node.children !== undefined) node = node.children[Node.childAt(node.keys, key, compare)]!
  const at = Node.find(node.keys, key, compare)
  return at < 0 ? undefined : node.values[at]
}

/** Adds the entry, or replaces the one of this key. @category combinators */
export const set = <K, V>(
  { compare, root, size }: Tree<K, V>,
  key: K,
  value: V,
  edit: Node.Edit
): Tree<K, V> => {
  if (root === undefined) return { compare, size: 1, root: Node.leaf(edit, [key], [value]) }
  let top = Node.owned(root, edit)
  if (Node.width(top) === Node.max) {
    const above = Node.inner<K, V>(edit, [], [top])
    divide(above, 0, key, compare, edit)
    top = above
  }
  let node = top
  while (node.children !== undefined) {
    // A full child is divided on the way down, so there is always room for one more.
    let at = Node.childAt(node.keys, key, compare)
    node.children[at] = Node.owned(node.children[at]!, edit)
    if (Node.width(node.children[at]!) === Node.max) {
      divide(node, at, key, compare, edit)
      if (compare(key, node.keys[at] as K) >= 0) at += 1
    }
    node = node.children[at]!
  }
  const at = Node.find(node.keys, key, compare)
  if (at >= 0) {
    node.keys[at] = key
    node.values[at] = value
    return { compare, size, root: top }
  }
  Node.insert(node.keys, ~at, key)
  Node.insert(node.values, ~at, value)
  return { compare, size: size + 1, root: top }
}

/** The same tree if it has no such key. @category combinators */
export const remove = <K, V>(tree: Tree<K, V>, key: K, edit: Node.Edit): Tree<K, V> => {
  const { compare, root, size } = tree
  if (root === undefined) return tree
  const rest = without(root, key, compare, edit)
  if (rest === undefined) return tree
  if (size === 1) return empty(compare)
  const isChain = rest.children !== undefined && rest.children.length === 1
  return { compare, size: size - 1, root: isChain ? rest.children[0] : rest }
}

/** Builds a tree at once from entries whose keys go up. @category constructors */
export const fromSorted = <K, V>(
  compare: (a: K, b: K) => number,
  entries: Iterable<readonly [K, V]>
): Tree<K, V> => {
  const keys: Array<K> = []
  const values: Array<V> = []
  for (const [key, value] of entries) {
    const size = keys.length
    invariant(size === 0 || compare(keys[size - 1] as K, key) < 0, "ST5: the keys go up")
    keys.push(key)
    values.push(value)
  }
  const size = keys.length
  if (size === 0) return empty(compare)
  let nodes: Array<Node.Node<K, V>> = portions(size, (from, to) =>
    Node.leaf(undefined, keys.slice(from, to), values.slice(from, to))
  )
  let firsts = portions(size, (from) => keys[from] as K)
  while (nodes.length > 1) {
    const [below, lowest] = [nodes, firsts]
    nodes = portions(below.length, (from, to) =>
      Node.inner(undefined, lowest.slice(from + 1, to), below.slice(from, to))
    )
    firsts = portions(below.length, (from) => lowest[from] as K)
  }
  return { compare, size, root: nodes[0] }
}

/** Walks the entries; the tree that it walks stays as it is. @category getters */
export const scan = <K, V>(tree: Tree<K, V>, options: ScanOptions<K> = {}): Scan<K, V> =>
  new Scan(tree.root, options)

/** As `scan`, for loops that are not hot. @category getters */
export function* entries<K, V>(
  tree: Tree<K, V>,
  options: ScanOptions<K> = {}
): Generator<readonly [K, V], void> {
  const entry = scan(tree, options)
  while (entry.next()) yield [entry.key, entry.value]
}

/** The entry of the least key. @category getters */
export const first = <K, V>(tree: Tree<K, V>): readonly [K, V] | undefined => {
  const entry = scan(tree)
  return entry.next() ? [entry.key, entry.value] : undefined
}

/** The entry of the greatest key. @category getters */
export const last = <K, V>(tree: Tree<K, V>): readonly [K, V] | undefined => {
  const entry = scan(tree, { reverse: true })
  return entry.next() ? [entry.key, entry.value] : undefined
}

/**
 * Splits the child at `at`, which is full, before `key` is added to it. Keys often come in order:
 * then the part in front is left fuller, since nothing more will come there.
 */
const divide = <K, V>(
  parent: Node.Inner<K, V>,
  at: number,
  key: K,
  compare: (a: K, b: K) => number,
  edit: Node.Edit
): void => {
  const { keys } = parent.children[at]!
  const isLast = compare(key, keys[keys.length - 1] as K) > 0
  Node.split(parent, at, isLast ? Node.comfortable : Node.max >>> 1, edit)
}

/** The node without `key`; undefined if it does not have it. The node may be left with too little. */
const without = <K, V>(
  node: Node.Node<K, V>,
  key: K,
  compare: (a: K, b: K) => number,
  edit: Node.Edit
): Node.Node<K, V> | undefined => {
  if (node.children === undefined) {
    const at = Node.find(node.keys, key, compare)
    if (at < 0) return undefined
    const rest = Node.owned(node, edit)
    rest.keys.splice(at, 1)
    rest.values!.splice(at, 1)
    return rest
  }
  const at = Node.childAt(node.keys, key, compare)
  const child = without(node.children[at]!, key, compare, edit)
  if (child === undefined) return undefined
  const rest = Node.owned(node, edit) as Node.Inner<K, V>
  rest.children[at] = child
  if (Node.width(child) < Node.min) Node.refill(rest, at, edit)
  return rest
}

/** Cuts `size` things into as few portions of a comfortable size as will do, all about equal. */
const portions = <A>(size: number, make: (from: number, to: number) => A): Array<A> => {
  const count = Math.ceil(size / Node.comfortable)
  return Array.from({ length: count }, (_, at) =>
    make(Math.floor((at * size) / count), Math.floor(((at + 1) * size) / count))
  )
}
