/**
 * What a test asks of one value, compiled to a closure.
 *
 * It runs for every document of a scan: no allocation, and each closure sees one type of operand,
 * so that the engine keeps its comparison fast.
 */
import { compare, equals, isFields, rank, typeName } from "../value/Compare.ts"
import type { Value } from "../value/Value.ts"
import type { RangeOperator, RangeValue, TypeName } from "./Node.ts"

/** @category models */
export type Predicate = (value: Value | undefined) => boolean

/** @category models */
export interface Check {
  /** Asks the value itself. */
  readonly self: Predicate
  /** Whether it is enough that an element of the value is so. */
  readonly elements: boolean
  /** Present in a check of a range. */
  readonly interval?: Interval
}

/** Whether `check` is true of an array. @category predicates */
export const ofArray = ({ elements, self }: Check, items: ReadonlyArray<Value>): boolean => {
  if (self(items)) return true
  if (elements) for (let at = 0; at < items.length; at += 1) if (self(items[at])) return true
  return false
}

/** @category constructors */
export const equal = (operand: Value): Check => ({ self: equalTo(operand), elements: true })

const equalTo = (operand: Value): Predicate => {
  if (operand === null) return (value) => value === null || value === undefined
  if (typeof operand === "object") return (value) => equals(value, operand)
  return (value) => value === operand
}

/** @category constructors */
export const among = (operands: ReadonlyArray<Value>): Check => {
  if (operands.length === 1) return equal(operands[0]!)
  const plain = new Set<Value | undefined>(operands.filter((value) => typeof value !== "object"))
  if (operands.includes(null)) plain.add(null).add(undefined)
  const others = operands
    .filter((value) => typeof value === "object" && value !== null)
    .toSorted(compare)
  const self: Predicate =
    others.length === 0
      ? (value) => plain.has(value)
      : (value) => plain.has(value) || (typeof value === "object" && holds(others, value))
  return { self, elements: true }
}

/** Whether `value` is in `sorted`. */
const holds = (sorted: ReadonlyArray<Value>, value: Value): boolean => {
  let from = 0
  let to = sorted.length
  while (from < to) {
    const middle = (from + to) >>> 1
    const order = compare(value, sorted[middle])
    if (order === 0) return true
    if (order < 0) to = middle
    else from = middle + 1
  }
  return false
}

/** @category constructors */
export const prefix = (text: string): Check => ({
  self: (value) => typeof value === "string" && value.startsWith(text),
  elements: true
})

/** @category constructors */
export const type = (types: ReadonlyArray<TypeName>): Check => ({
  self: (value) => value !== undefined && types.includes(typeName(value)),
  elements: true
})

/** @category constructors */
export const size = (length: number): Check => ({
  self: (value) => Array.isArray(value) && value.length === length,
  elements: false
})

/** @category constructors */
export const exists: Check = { self: (value) => value !== undefined, elements: false }

/** Of an array in which `element` is true of some element. @category constructors */
export const elemMatch = (element: Predicate): Check => ({
  self: (value) => Array.isArray(value) && value.some(element),
  elements: false
})

/** As `elemMatch`, for elements that are objects. @category constructors */
export const elemFields = (element: Predicate): Check =>
  elemMatch((item) => isFields(item) && element(item))

/** Bounds of one type. @category models */
export interface Interval {
  readonly low?: Bound
  readonly high?: Bound
}

interface Bound {
  readonly value: RangeValue
  readonly open: boolean
}

/** @category constructors */
export const range = (op: RangeOperator, value: RangeValue): Check => {
  const bound = { value, open: op === "$gt" || op === "$lt" }
  return inside(op === "$gt" || op === "$gte" ? { low: bound } : { high: bound })
}

/** What is in both, if both are over values of one type. @category combinators */
export const intersection = (a: Interval, b: Interval): Interval | undefined => {
  if (rank((a.low ?? a.high)?.value) !== rank((b.low ?? b.high)?.value)) return undefined
  const low = tighter(a.low, b.low, 1)
  const high = tighter(a.high, b.high, -1)
  return { ...(low && { low }), ...(high && { high }) }
}

const tighter = (a: Bound | undefined, b: Bound | undefined, sign: 1 | -1): Bound | undefined => {
  if (a === undefined || b === undefined) return a ?? b
  const order = compare(a.value, b.value) * sign
  return order > 0 || (order === 0 && a.open) ? a : b
}

/** @category constructors */
export const inside = (interval: Interval): Check => ({
  self: insideOf(interval),
  elements: true,
  interval
})

const insideOf = ({ high, low }: Interval): Predicate => {
  const aboveLow = low?.open === true
  const belowHigh = high?.open === true
  const operand = (low ?? high)!.value
  if (typeof operand === "number") {
    // Numbers of documents are finite.
    const least = (low?.value ?? -Infinity) as number
    const most = (high?.value ?? Infinity) as number
    return (value) =>
      typeof value === "number" &&
      (aboveLow ? value > least : value >= least) &&
      (belowHigh ? value < most : value <= most)
  }
  const type = rank(operand)
  return (value) => {
    if (rank(value) !== type) return false
    const toLow = low === undefined ? 1 : compare(value, low.value)
    if (aboveLow ? toLow <= 0 : toLow < 0) return false
    const toHigh = high === undefined ? -1 : compare(value, high.value)
    return belowHigh ? toHigh < 0 : toHigh <= 0
  }
}
