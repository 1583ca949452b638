/**
 * The documents that an access leads to, one at a time, before the filter has been asked.
 *
 * A query that goes on after an earlier page begins at its place in the index if the access has the
 * order of the sort. The place is known by values, so it is found in an index that was made since.
 */
import { beginsWith } from "../state/Indexes.ts"
import * as KeyText from "../state/KeyText.ts"
import type { Collection, Index, IndexKey, Stored } from "../state/State.ts"
import * as Tree from "../tree/Tree.ts"
import { compare } from "../value/Compare.ts"
import type { Value } from "../value/Value.ts"
import { stretch, stretches, type Access } from "./plan.ts"
import type { Position } from "./Query.ts"
import type { Sort } from "./Sort.ts"

/** The next document; undefined at the end. @category models */
export type Candidates = () => Stored | undefined

/**
 * With `after`, only what comes after it in the order of the sort. Only an ordered access takes it.
 *
 * @category constructors
 */
export const open = (
  { documents }: Collection,
  access: Access,
  sort: Sort,
  after?: Position
): Candidates => {
  const { index, points, reverse } = access
  if (index !== undefined) {
    const passed = after === undefined ? undefined : passedKeys(index, sort, after)
    return inIndex(index, access, passed)
  }
  const ids = points[0] as ReadonlyArray<string> | undefined
  if (ids !== undefined) return byIds(documents, ids, reverse, after?.id)
  const scan = Tree.scan(documents, { within: withinIds(access, after?.id), reverse })
  return () => (scan.next() ? scan.value : undefined)
}

const byIds = (
  documents: Collection["documents"],
  ids: ReadonlyArray<string>,
  reverse: boolean,
  after: string | undefined
): Candidates => {
  let at = 0
  return () => {
    while (at < ids.length) {
      const id = ids[reverse ? ids.length - 1 - at : at]!
      at += 1
      if (after !== undefined && (reverse ? id >= after : id <= after)) continue
      const stored = Tree.get(documents, id)
      if (stored !== undefined) return stored
    }
    return undefined
  }
}

const inIndex = (
  { entries }: Index,
  access: Access,
  passed: ((key: IndexKey) => boolean) | undefined
): Candidates => {
  const { reverse } = access
  const count = stretches(access)
  let at = 0
  let scan: Tree.Scan<IndexKey, Stored> | undefined
  return () => {
    for (;;) {
      if (scan !== undefined && scan.next()) return scan.value
      if (at === count) return undefined
      const values = stretch(access, reverse ? count - 1 - at : at)
      scan = Tree.scan(entries, { within: withinKeys(values, access, passed), reverse })
      at += 1
    }
  }
}

/** What was passed is before the range: below it, or above it when the way is back. */
const withinKeys = (
  values: ReadonlyArray<Value>,
  { bounds, reverse }: Access,
  passed: ((key: IndexKey) => boolean) | undefined
): Tree.Within<IndexKey> => {
  const edge = reverse ? 1 : -1
  const start = values.map(KeyText.of).join("")
  const isInStretch = beginsWith(start)
  return (key) => {
    const side = isInStretch(key)
    if (side !== 0) return side
    const order = bounds.length === 0 ? 0 : within(bounds, KeyText.valueAt(key, start.length))
    return order === 0 && passed !== undefined && passed(key) ? edge : order
  }
}

const withinIds = (
  { bounds, reverse }: Access,
  after: string | undefined
): Tree.Within<string> | undefined => {
  if (bounds.length === 0 && after === undefined) return undefined
  return (id) => {
    const order = within(bounds, id)
    if (order !== 0 || after === undefined) return order
    return reverse ? (id >= after ? 1 : 0) : id <= after ? -1 : 0
  }
}

/** Of bounds that exclude each other nothing is inside, and still the order goes up. */
const within = (bounds: Access["bounds"], value: Value): number => {
  let order = 0
  for (let at = 0; at < bounds.length; at += 1) {
    const one = bounds[at]!.order(value)
    if (one < 0) return -1
    if (one > 0) order = 1
  }
  return order
}

/** Whether a key of an index that gives the order comes before `after`, or is its own. */
const passedKeys = (index: Index, { idSign, keys }: Sort, after: Position) => {
  const places = keys.map(({ path }) => index.keys.indexOf(path.text))
  return (key: IndexKey): boolean => {
    const { rest: id, values } = KeyText.read(key, index.keys.length)
    for (let at = 0; at < keys.length; at += 1) {
      const order = compare(values[places[at]!], after.values[at]) * keys[at]!.sign
      if (order !== 0) return order < 0
    }
    return idSign > 0 ? id <= after.id : id >= after.id
  }
}
