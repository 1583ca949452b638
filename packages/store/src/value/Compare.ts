/**
 * The order of values, the same in filters, indexes and sorts.
 *
 * By type first: null and missing < number < string < object < array < bytes < boolean < date.
 * Then the natural order inside the type; strings by UTF-16 code unit. The order of an object's
 * keys is not data: its fields are compared in the order of their names.
 */
import type { Fields, Value } from "./Value.ts"

/** @category models */
export type TypeName =
  | "null"
  | "number"
  | "string"
  | "object"
  | "array"
  | "bytes"
  | "boolean"
  | "date"

/** @category predicates */
export const isDate = (value: unknown): value is Date =>
  // oxlint-disable-next-line eslint/no-restricted-globals -- a value, not a clock
  value instanceof Date

/** The value of that time. Every `Date` in the store is made here. @category constructors */
// oxlint-disable-next-line eslint/no-restricted-globals -- a value, not a clock
export const date = (ms: number): Date => new Date(ms)

/** An object value: not an array, a date or bytes. @category predicates */
export const isFields = (value: unknown): value is Fields =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  !isDate(value) &&
  !(value instanceof Uint8Array)

/** @category getters */
export const typeName = (value: Value | undefined): TypeName => typeNames[rank(value)]!

/** An object of no class, as JSON gives it. @category predicates */
export const isPlain = (value: object): value is Fields => {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}

/** Where the type of `value` stands among the types. Missing counts as null. @category getters */
export const rank = (value: Value | undefined): number => {
  switch (typeof value) {
    case "number":
      return 1
    case "string":
      return 2
    case "boolean":
      return 6
    default:
      if (value === null || value === undefined) return 0
      if (Array.isArray(value)) return 4
      if (isDate(value)) return 7
      return value instanceof Uint8Array ? 5 : 3
  }
}

/**
 * Negative if `a` comes first, positive if `b` does, 0 if they are equal.
 *
 * @category comparing
 */
export const compare = (a: Value | undefined, b: Value | undefined): number => {
  if (typeof a === "number" && typeof b === "number") return byNumber(a, b)
  if (typeof a === "string" && typeof b === "string") return byText(a, b)
  const type = rank(a)
  const other = rank(b)
  if (type !== other) return type - other
  switch (type) {
    case 0:
      return 0
    case 3:
      return compareFields(a as Fields, b as Fields)
    case 4:
      return compareArrays(a as ReadonlyArray<Value>, b as ReadonlyArray<Value>)
    case 5:
      return compareBytes(a as Uint8Array, b as Uint8Array)
    case 6:
      return Number(a) - Number(b)
    default:
      return byNumber((a as Date).getTime(), (b as Date).getTime())
  }
}

/** Whether `compare` gives 0, without sorting keys. @category comparing */
export const equals = (a: Value | undefined, b: Value | undefined): boolean => {
  if (a === b) return true
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null)
    return (a ?? null) === (b ?? null)
  const type = rank(a)
  if (type !== rank(b)) return false
  if (type === 3) return equalFields(a as Fields, b as Fields)
  if (type === 4) return equalArrays(a as ReadonlyArray<Value>, b as ReadonlyArray<Value>)
  return compare(a, b) === 0
}

/** The names of an object's fields in canonical order, by UTF-16 code unit. @category getters */
export const sortedNames = (fields: object): Array<string> => {
  const names = Object.keys(fields)
  // Most objects come in order, or nearly: nothing to do, where `sort` would copy and call back.
  for (let at = 1; at < names.length; at += 1) {
    const name = names[at]!
    if (names[at - 1]! <= name) continue
    if (names.length > insertionMax) return names.toSorted()
    let to = at
    for (; to > 0 && names[to - 1]! > name; to -= 1) names[to] = names[to - 1]!
    names[to] = name
  }
  return names
}

/** Insertion is quadratic: above this, the general sort. */
const insertionMax = 24

/** The types, in their order. */
export const typeNames: ReadonlyArray<TypeName> = [
  "null",
  "number",
  "string",
  "object",
  "array",
  "bytes",
  "boolean",
  "date"
]

// Two functions, since one that met both types would compare either more slowly.
const byNumber = (a: number, b: number): number => (a < b ? -1 : a > b ? 1 : 0)
const byText = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1)

const compareFields = (a: Fields, b: Fields): number => {
  const left = sortedNames(a)
  const right = sortedNames(b)
  const shared = Math.min(left.length, right.length)
  for (let at = 0; at < shared; at += 1) {
    const name = left[at]!
    const found = byText(name, right[at]!) || compare(a[name], b[name])
    if (found !== 0) return found
  }
  return left.length - right.length
}

const compareArrays = (a: ReadonlyArray<Value>, b: ReadonlyArray<Value>): number => {
  const shared = Math.min(a.length, b.length)
  for (let at = 0; at < shared; at += 1) {
    const found = compare(a[at], b[at])
    if (found !== 0) return found
  }
  return a.length - b.length
}

const compareBytes = (a: Uint8Array, b: Uint8Array): number => {
  const shared = Math.min(a.length, b.length)
  for (let at = 0; at < shared; at += 1) if (a[at] !== b[at]) return a[at]! - b[at]!
  return a.length - b.length
}

const equalArrays = (a: ReadonlyArray<Value>, b: ReadonlyArray<Value>): boolean => {
  if (a.length !== b.length) return false
  for (let at = 0; at < a.length; at += 1) if (!equals(a[at], b[at])) return false
  return true
}

const equalFields = (a: Fields, b: Fields): boolean => {
  const left = Object.keys(a)
  if (left.length !== Object.keys(b).length) return false
  for (let at = 0; at < left.length; at += 1) {
    const name = left[at]!
    if (!Object.hasOwn(b, name) || !equals(a[name], b[name])) return false
  }
  return true
}
