/**
 * Changes a document: all of it, or the fields under dotted paths.
 *
 * - What is missing on the way to a path is made, as objects.
 * - A number takes that element of an array; the number after the last one adds an element.
 * - A path that leads through any other value, or through an array by a name, is refused.
 * - `unset` takes away fields, not elements, and finds nothing to do where there is none.
 * - `inc` takes what is missing for 0.
 *
 * The result is in normal form if the document was, and shares with it what no path leads through.
 * Whether it may be stored (its size, its depth) is for whoever stores it to see.
 */
import type { UpdateDocument } from "../command/Command.ts"
import type { OperationRefused } from "../command/Refusal.ts"
import { isFields } from "../value/Compare.ts"
import * as Issue from "../value/Issue.ts"
import { normalize } from "../value/Normal.ts"
import type { Document, Fields, Value } from "../value/Value.ts"
import * as Changes from "./Changes.ts"

/** @category models */
export interface Updated {
  readonly _tag: "Updated"
  readonly document: Document
}

/** `document` as `op` wants it, `op` having passed `Checked.check`. @category combinators */
export const update = (
  document: Document,
  op: typeof UpdateDocument.Type
): Updated | OperationRefused => {
  const { _id } = document
  if (op.replace !== undefined)
    return { _tag: "Updated", document: { ...normalize(op.replace), _id } }
  const changes = Changes.of(op)
  if (changes._tag !== "Branch") return changes
  const run: Run = { issue: undefined }
  const changed = changeFields(run, document, changes)
  if (run.issue === undefined) return { _tag: "Updated", document: changed as Document }
  const { issue, path } = run.issue
  return { _tag: "InvalidDocument", path, issue }
}

interface Run {
  /** Once there is one, what comes out is not looked at. */
  issue: Issue.Issue | undefined
}

const refuse = (run: Run, issue: string): undefined => {
  run.issue = Issue.make(issue)
}

/** What becomes of `value`; undefined stands for what is missing, before and after. */
const change = (
  run: Run,
  value: Value | undefined,
  by: Changes.Branch | Changes.Change
): Value | undefined => {
  switch (by._tag) {
    case "Set":
      return by.value
    case "Unset":
      return undefined
    case "Inc":
      return increment(run, value === undefined ? 0 : value, by.by)
    case "Branch":
      return changeBelow(run, value, by)
  }
}

const increment = (run: Run, value: Value, by: number): Value | undefined => {
  if (typeof value !== "number") return refuse(run, "a value that is not a number")
  const sum = value + by
  return Number.isFinite(sum) ? sum : refuse(run, "a sum that is too large for a number")
}

const changeBelow = (
  run: Run,
  value: Value | undefined,
  branch: Changes.Branch
): Value | undefined => {
  if (value === undefined) {
    const made = changeFields(run, {}, branch)
    // With nothing but `unset` below it, it stays missing.
    return Object.keys(made).length === 0 ? undefined : made
  }
  if (Array.isArray(value)) return changeElements(run, value, branch)
  if (isFields(value)) return changeFields(run, value, branch)
  return refuse(run, "a value that has no fields")
}

const changeFields = (run: Run, fields: Fields, { below }: Changes.Branch): Fields => {
  const out: Record<string, Value> = { ...fields }
  const gone = new Set<string>()
  for (const [name, by] of below) {
    const value = change(run, Object.hasOwn(fields, name) ? fields[name] : undefined, by)
    if (run.issue !== undefined) {
      run.issue = Issue.inField(run.issue, name)
      return fields
    }
    if (value === undefined) gone.add(name)
    else out[name] = value
  }
  // Not by `delete`, which would leave a slower object behind.
  return gone.size === 0
    ? out
    : Object.fromEntries(Object.entries(out).filter(([name]) => !gone.has(name)))
}

const changeElements = (
  run: Run,
  items: ReadonlyArray<Value>,
  { below }: Changes.Branch
): ReadonlyArray<Value> => {
  const out = [...items]
  // By number, so that elements which are added come one after the other.
  const steps = [...below].map(([name, by]) => ({ name, at: elementOf(name), by }))
  for (const { at, by, name } of steps.toSorted((a, b) => a.at - b.at)) {
    const value =
      at < 0 ? refuse(run, "a name, where an array has numbers") : change(run, out[at], by)
    if (run.issue === undefined && value === undefined && at < items.length)
      refuse(run, "an element that cannot be taken away; set the array")
    if (run.issue === undefined && value !== undefined && at > out.length)
      refuse(run, "an element that does not follow the last one")
    if (run.issue !== undefined) {
      run.issue = at < 0 ? Issue.inField(run.issue, name) : Issue.inItem(run.issue, at)
      return items
    }
    if (value !== undefined) out[at] = value
  }
  return out
}

/** The number that `name` writes, as no other text would; else -1. */
const elementOf = (name: string): number => {
  const at = Number(name)
  return Number.isInteger(at) && at >= 0 && String(at) === name ? at : -1
}
