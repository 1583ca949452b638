/**
 * A map in key order that never changes: every change makes a new one and shares the rest.
 *
 * A weight-balanced tree: each side of a node holds at most three times as much as the other, so
 * every operation touches about log2(size) nodes. Old maps stay whole, which makes a reader, a
 * snapshot and a page each a matter of keeping a reference.
 *
 * Strings are ordered by UTF-16 code unit, on every node alike.
 *
 * Source: Adams, "Implementing sets efficiently in a functional language", with the parameters
 * (3, 2) of Hirai and Yamamoto.
 */

interface Node<K extends Key, V> {
  readonly key: K
  readonly value: V
  readonly left: OrderedMap<K, V>
  readonly right: OrderedMap<K, V>
  readonly size: number
}

/** @category models */
export type OrderedMap<K extends string | number, V> = Node<K, V> | undefined

type Key = string | number

/** @category getters */
export const size = (map: OrderedMap<any, any>): number => (map === undefined ? 0 : map.size)

/** @category getters */
export const get = <K extends Key, V>(map: OrderedMap<K, V>, key: K): V | undefined => {
  let node = map
  while (node !== undefined) {
    if (key === node.key) return node.value
    node = key < node.key ? node.left : node.right
  }
  return undefined
}

/** @category combinators */
export const set = <K extends Key, V>(map: OrderedMap<K, V>, key: K, value: V): Node<K, V> => {
  if (map === undefined) return make(key, value, undefined, undefined)
  if (key === map.key) return make(key, value, map.left, map.right)
  return key < map.key
    ? balance(map.key, map.value, set(map.left, key, value), map.right)
    : balance(map.key, map.value, map.left, set(map.right, key, value))
}

/** The same map if the key is not in it. @category combinators */
export const remove = <K extends Key, V>(map: OrderedMap<K, V>, key: K): OrderedMap<K, V> => {
  if (map === undefined) return undefined
  if (key < map.key) {
    const left = remove(map.left, key)
    return left === map.left ? map : balance(map.key, map.value, left, map.right)
  }
  if (key > map.key) {
    const right = remove(map.right, key)
    return right === map.right ? map : balance(map.key, map.value, map.left, right)
  }
  if (map.left === undefined) return map.right
  if (map.right === undefined) return map.left
  const successor = first(map.right)
  return balance(successor.key, successor.value, map.left, removeFirst(map.right))
}

/** In key order; with `after`, only what comes after it. @category getters */
export function* entries<K extends Key, V>(
  map: OrderedMap<K, V>,
  after?: K
): Generator<readonly [K, V], void> {
  const path: Array<Node<K, V>> = []
  let node = map
  while (node !== undefined) {
    const comes = after === undefined || node.key > after
    if (comes) path.push(node)
    node = comes ? node.left : node.right
  }
  for (let top = path.pop(); top !== undefined; top = path.pop()) {
    yield [top.key, top.value]
    for (node = top.right; node !== undefined; node = node.left) path.push(node)
  }
}

const make = <K extends Key, V>(
  key: K,
  value: V,
  left: OrderedMap<K, V>,
  right: OrderedMap<K, V>
): Node<K, V> => ({ key, value, left, right, size: size(left) + size(right) + 1 })

const weight = (map: OrderedMap<any, any>): number => size(map) + 1

/** As `make`, for sides of which one has grown or shrunk by one. */
const balance = <K extends Key, V>(
  key: K,
  value: V,
  left: OrderedMap<K, V>,
  right: OrderedMap<K, V>
): Node<K, V> => {
  if (right !== undefined && weight(right) > 3 * weight(left)) {
    const middle = right.left
    if (middle === undefined || weight(middle) < 2 * weight(right.right))
      return make(right.key, right.value, make(key, value, left, middle), right.right)
    return make(
      middle.key,
      middle.value,
      make(key, value, left, middle.left),
      make(right.key, right.value, middle.right, right.right)
    )
  }
  if (left !== undefined && weight(left) > 3 * weight(right)) {
    const middle = left.right
    if (middle === undefined || weight(middle) < 2 * weight(left.left))
      return make(left.key, left.value, left.left, make(key, value, middle, right))
    return make(
      middle.key,
      middle.value,
      make(left.key, left.value, left.left, middle.left),
      make(key, value, middle.right, right)
    )
  }
  return make(key, value, left, right)
}

const first = <K extends Key, V>(map: Node<K, V>): Node<K, V> => {
  let node = map
  while (node.left !== undefined) node = node.left
  return node
}

const removeFirst = <K extends Key, V>(map: Node<K, V>): OrderedMap<K, V> =>
  map.left === undefined ? map.right : balance(map.key, map.value, removeFirst(map.left), map.right)
