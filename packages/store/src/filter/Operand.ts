/** What each operator on a field takes, and the test that it makes of it. */
import { filterListMax } from "../command/Limits.ts"
import * as Canonical from "../value/Canonical.ts"
import { isDate, typeNames } from "../value/Compare.ts"
import * as Issue from "../value/Issue.ts"
import { normalizeValue } from "../value/Normal.ts"
import type { Value } from "../value/Value.ts"
import type { RangeValue, Test, TypeName } from "./Node.ts"

/** The test of all operators but those that have filters in them. @category constructors */
export const test = (name: string, operand: unknown): Test | Issue.Issue => {
  switch (name) {
    case "$eq":
      return value(operand) ?? equal(operand)
    case "$ne":
      return value(operand) ?? not(equal(operand))
    case "$in":
      return list(operand) ?? among(operand)
    case "$nin":
      return list(operand) ?? not(among(operand))
    case "$gt":
    case "$gte":
    case "$lt":
    case "$lte":
      if (!isRangeValue(operand))
        return Issue.make("a range is over numbers, texts, booleans, dates or bytes")
      return { _tag: "Range", op: name, value: normalizeValue(operand) as RangeValue }
    case "$prefix":
      if (typeof operand !== "string") return Issue.make("it takes a text")
      return { _tag: "Prefix", prefix: operand }
    case "$all":
      return list(operand) ?? all(operand as ReadonlyArray<Value>)
    case "$size":
      if (!Number.isSafeInteger(operand) || (operand as number) < 0)
        return Issue.make("it takes a whole number from 0")
      return { _tag: "Size", size: operand === 0 ? 0 : (operand as number) }
    case "$exists":
      if (typeof operand !== "boolean") return Issue.make("it takes true or false")
      return { _tag: "Exists", exists: operand }
    case "$type":
      return types(operand)
    default:
      return Issue.make("it is not an operator")
  }
}

/**
 * What is wrong with a value to compare with. It was checked as a part of a filter before.
 *
 * @category predicates
 */
export const value = (operand: unknown): Issue.Issue | undefined => {
  // Left out, it would make a filter that matches more than whoever wrote it had in mind.
  if (operand === undefined) return Issue.make("it is undefined; what is missing matches null")
  if (typeof operand !== "object") return undefined
  const canonical = Canonical.of(operand)
  return canonical._tag === "Issue" ? canonical : undefined
}

const equal = (operand: unknown): Test => ({ _tag: "Eq", value: normalizeValue(operand as Value) })
const among = (operand: unknown): Test => ({
  _tag: "In",
  values: normalizeValue(operand as Value) as ReadonlyArray<Value>
})
const not = (negated: Test): Test => ({ _tag: "Not", tests: [negated] })

const all = (values: ReadonlyArray<Value>): Test | Issue.Issue =>
  values.length === 0
    ? Issue.make("the list is empty")
    : { _tag: "All", values: normalizeValue(values) as ReadonlyArray<Value> }

const list = (operand: unknown): Issue.Issue | undefined => {
  if (!Array.isArray(operand)) return Issue.make("it takes a list")
  if (operand.length > filterListMax)
    return Issue.make(`a list has at most ${filterListMax} values`)
  return value(operand)
}

const isRangeValue = (operand: unknown): operand is RangeValue =>
  typeof operand === "number" ||
  typeof operand === "string" ||
  typeof operand === "boolean" ||
  isDate(operand) ||
  operand instanceof Uint8Array

const types = (operand: unknown): Test | Issue.Issue => {
  if (isTypeName(operand)) return { _tag: "Type", types: [operand] }
  const issue = Issue.make(`it takes a type, or a list of types: ${typeNames.join(", ")}`)
  if (!Array.isArray(operand) || operand.length === 0) return issue
  const unknown = operand.findIndex((name) => !isTypeName(name))
  return unknown < 0 ? { _tag: "Type", types: [...operand] } : Issue.inItem(issue, unknown)
}

const isTypeName = (name: unknown): name is TypeName =>
  (typeNames as ReadonlyArray<unknown>).includes(name)
