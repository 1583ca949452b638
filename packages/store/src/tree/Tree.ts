/** (contract; the implementation replaces this file) */
export interface Tree<K, V> {
  readonly compare: (a: K, b: K) => number
  readonly size: number
  readonly root: unknown
  readonly value?: V
}
export const empty = <K, V>(compare: (a: K, b: K) => number): Tree<K, V> => ({
  compare,
  size: 0,
  root: undefined
})
