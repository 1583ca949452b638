/** The part of the filter language that the random commands speak, read off its table. */
import { at, compare, same, type Doc, type Json } from "./Json.ts"

export const matches = (filter: Json, doc: Doc): boolean =>
  Object.entries(filter as Doc).every(([name, wanted]) => {
    const list = wanted as ReadonlyArray<Json>
    if (name === "$and") return list.every((each) => matches(each, doc))
    if (name === "$or") return list.some((each) => matches(each, doc))
    if (name === "$nor") return !list.some((each) => matches(each, doc))
    return holds(wanted, at(doc, name))
  })

const holds = (wanted: Json, value: Json | undefined): boolean =>
  isOperators(wanted)
    ? Object.entries(wanted).every(([operator, operand]) => test(operator, operand, value))
    : test("$eq", wanted, value)

const isOperators = (wanted: Json): wanted is Doc =>
  typeof wanted === "object" &&
  wanted !== null &&
  !Array.isArray(wanted) &&
  Object.keys(wanted).some((name) => name.startsWith("$") && name !== "$date" && name !== "$bytes")

const test = (operator: string, operand: Json, value: Json | undefined): boolean => {
  const some = (check: (each: Json) => boolean) =>
    check(value ?? null) || (Array.isArray(value) && value.some(check))
  const list = operand as ReadonlyArray<Json>
  switch (operator) {
    case "$eq":
      return some((each) => same(each, operand))
    case "$ne":
      return !test("$eq", operand, value)
    case "$in":
      return list.some((each) => test("$eq", each, value))
    case "$nin":
      return !test("$in", operand, value)
    case "$gt":
      return some((each) => alike(each, operand) && compare(each, operand) > 0)
    case "$lte":
      return some((each) => alike(each, operand) && compare(each, operand) <= 0)
    case "$prefix":
      return some((each) => typeof each === "string" && each.startsWith(operand as string))
    case "$exists":
      return (value !== undefined) === operand
    case "$size":
      return Array.isArray(value) && value.length === operand
    case "$not":
      return !holds(operand, value)
    default:
      throw new Error(`the model does not know ${operator}`)
  }
}

const alike = (a: Json, b: Json) =>
  typeof a === typeof b &&
  a !== null &&
  !Array.isArray(a) &&
  (typeof a !== "object" || ("$date" in a && "$date" in (b as Doc)))
