/**
 * The filter language, read off its table: slow, obvious, and without a line of the code it checks.
 * It takes a filter as it is written.
 */
import { isDeepStrictEqual } from "node:util"
import type { Fields, Value } from "../../src/value/Value.ts"

type Some = Value | undefined

export const interpret = (filter: Fields, document: Fields): boolean =>
  Object.entries(filter).every(([name, asked]) => {
    if (name === "$and")
      return (asked as ReadonlyArray<Fields>).every((f) => interpret(f, document))
    if (name === "$or") return (asked as ReadonlyArray<Fields>).some((f) => interpret(f, document))
    if (name === "$nor")
      return !(asked as ReadonlyArray<Fields>).some((f) => interpret(f, document))
    return holds(asked, reach(document, name.split(".")))
  })

/** Where a path leads. */
export const reach = (value: Some, [name, ...rest]: ReadonlyArray<string>): ReadonlyArray<Some> => {
  if (name === undefined) return [value]
  if (Array.isArray(value)) {
    if (/^(0|[1-9]\d*)$/.test(name)) return reach(value[Number(name)], rest)
    return value.filter(isObject).flatMap((item) => reach(item, [name, ...rest]))
  }
  return reach(isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined, rest)
}

const holds = (asked: Value, values: ReadonlyArray<Some>): boolean =>
  isOperators(asked)
    ? Object.entries(asked).every(([operator, operand]) => operate(operator, operand, values))
    : operate("$eq", asked, values)

const operate = (operator: string, operand: any, values: ReadonlyArray<Some>): boolean => {
  const some = (check: (value: Some) => boolean) => values.some(check)
  const someOrElement = (check: (value: Some) => boolean) =>
    some((value) => check(value) || (Array.isArray(value) && value.some(check)))
  switch (operator) {
    case "$eq":
      return someOrElement((value) => isDeepStrictEqual(value ?? null, operand))
    case "$ne":
      return !operate("$eq", operand, values)
    case "$in":
      return operand.some((each: Value) => operate("$eq", each, values))
    case "$nin":
      return !operate("$in", operand, values)
    case "$all":
      return operand.every((each: Value) => operate("$eq", each, values))
    case "$not":
      return !holds(operand, values)
    case "$gt":
      return someOrElement(
        (value) => typeOf(value) === typeOf(operand) && order(value, operand) > 0
      )
    case "$gte":
      return operate("$gt", operand, values) || operate("$eq", operand, values)
    case "$lt":
      return someOrElement(
        (value) => typeOf(value) === typeOf(operand) && order(value, operand) < 0
      )
    case "$lte":
      return operate("$lt", operand, values) || operate("$eq", operand, values)
    case "$prefix":
      return someOrElement((value) => typeof value === "string" && value.indexOf(operand) === 0)
    case "$size":
      return some((value) => Array.isArray(value) && value.length === operand)
    case "$exists":
      return some((value) => value !== undefined) === operand
    case "$type":
      return someOrElement(
        (value) => value !== undefined && [operand].flat().includes(typeOf(value))
      )
    case "$elemMatch":
      return some(
        (value) =>
          Array.isArray(value) &&
          value.some((item) =>
            isOperators(operand) && !Object.keys(operand).some((name) => filters.includes(name))
              ? holds(operand, [item])
              : isObject(item) && interpret(operand, item)
          )
      )
    default:
      throw new Error(`there is no operator ${operator}`)
  }
}

export const filters = ["$and", "$or", "$nor"]

export const typeOf = (value: Some): string => {
  if (value === null || value === undefined) return "null"
  if (Array.isArray(value)) return "array"
  if (value instanceof Uint8Array) return "bytes"
  // oxlint-disable-next-line eslint/no-restricted-globals -- a value, not a clock
  if (value instanceof Date) return "date"
  return typeof value
}

const isObject = (value: Some): value is Fields => typeOf(value) === "object"

export const isOperators = (asked: Value): asked is Fields =>
  isObject(asked) && Object.keys(asked).some((name) => name.startsWith("$"))

/** Of two values of one type. */
const order = (a: any, b: any): number => {
  if (a instanceof Uint8Array) return Buffer.compare(a, b)
  return a < b ? -1 : a > b ? 1 : 0
}
