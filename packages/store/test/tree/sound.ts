import { assert } from "@effect/vitest"
import { max, min, width, type Node } from "../../src/tree/Node.ts"
import type { Tree } from "../../src/tree/Tree.ts"

/** What holds of every tree: keys in order, all leaves equally deep, no node too full or too empty. */
export const assertSound = <K, V>({ compare, root, size }: Tree<K, V>): void => {
  // One assertion for each rule broken, not for each key: trees are checked often.
  const broken = new Set<string>()
  const check = (holds: boolean, rule: string) => void (holds || broken.add(rule))
  let leafDepth: number | undefined
  let count = 0
  const visit = (node: Node<K, V>, depth: number, low?: K, high?: K): void => {
    const { children, keys, values } = node
    check(width(node) <= max, "a node is too full")
    const least = node !== root ? min : children === undefined ? 1 : 2
    check(width(node) >= least, "a node is too empty")
    for (let at = 1; at < keys.length; at += 1)
      check(compare(keys[at - 1]!, keys[at]!) < 0, "keys of a node are out of order")
    check(low === undefined || compare(low, keys[0]!) <= 0, "a key is below its node's range")
    check(high === undefined || compare(keys.at(-1)!, high) < 0, "a key is above its node's range")
    if (children === undefined) {
      count += keys.length
      leafDepth ??= depth
      check(depth === leafDepth, "leaves differ in depth")
      check(values.length === keys.length, "keys without values")
    } else {
      check(children.length === keys.length + 1, "children without keys between them")
      for (const [at, child] of children.entries())
        visit(child, depth + 1, keys[at - 1] ?? low, keys[at] ?? high)
    }
  }
  if (root !== undefined) visit(root, 0)
  check(count === size, "the size differs")
  assert.deepStrictEqual([...broken], [])
}

/** The leaves' widths, from the first to the last. */
export const leafWidths = <K, V>(node: Node<K, V> | undefined): ReadonlyArray<number> => {
  if (node === undefined) return []
  return node.children === undefined ? [node.keys.length] : node.children.flatMap(leafWidths)
}
