/**
 * The form in which a document is kept: plain objects that share nothing mutable with whoever
 * wrote it, without members that are `undefined`, and with 0 for -0.
 */
import { date, isDate } from "./Compare.ts"
import type { Fields, Value } from "./Value.ts"

/**
 * A copy of `fields`, in which `Canonical.of` found no issue.
 *
 * @category constructors
 */
export const normalize = (fields: Fields): Fields => {
  // A spread keeps the layout of the object, which one that grows field by field does not have.
  const out: Record<string, Value> = { ...fields }
  const names = Object.keys(fields)
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at]!
    const value = fields[name]
    if (value === undefined) return defined(fields)
    if (typeof value === "object" || value === 0) out[name] = normalizeValue(value)
  }
  return out
}

const defined = (fields: Fields): Fields => {
  const out: Record<string, Value> = {}
  for (const name of Object.keys(fields)) {
    const value = fields[name]
    if (value !== undefined) out[name] = normalizeValue(value)
  }
  return out
}

/** As `normalize`, for any value. @category constructors */
export const normalizeValue = (value: Value): Value => {
  if (typeof value === "number") return value === 0 ? 0 : value
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(normalizeValue)
  if (isDate(value)) return date(value.getTime())
  // A copy by hand: a subclass's own `slice` may share its memory.
  if (value instanceof Uint8Array) return new Uint8Array(value)
  return normalize(value as Fields)
}
