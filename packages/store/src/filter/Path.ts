/**
 * A dotted path, and what it leads to in a document. Filters, index keys, sorts and projections all
 * walk by these rules, so that none of them can see what another does not.
 *
 * - A segment of digits takes that element of an array.
 * - Any other segment passes through an array to the objects in it, one level deep.
 * - Only own fields count: `a.length` and `a.constructor` lead nowhere.
 * - Where an object lacks the field, the path leads to `undefined`; so it does below a value that
 *   can have no fields. An element that can have none is passed over.
 */
import { pathMax } from "../command/Limits.ts"
import { isWellFormed } from "../value/Canonical.ts"
import { date, isFields } from "../value/Compare.ts"
import type { Fields, Value } from "../value/Value.ts"

/** @category models */
export interface Segment {
  readonly name: string
  /** The element that it takes of an array; -1 if it is no number. */
  readonly index: number
  /** Some value has a field of that name which is not its own. */
  readonly inherited: boolean
}

/** @category models */
export interface Path {
  readonly _tag: "Path"
  readonly text: string
  /** One to sixteen. */
  readonly segments: ReadonlyArray<Segment>
}

/** @category models */
export interface PathIssue {
  readonly _tag: "Issue"
  readonly issue: string
}

/** @category constructors */
export const parsePath = (text: string): Path | PathIssue => {
  const names = text.split(".", pathMax + 1)
  if (names.length > pathMax) return issue(`a path has at most ${pathMax} segments`)
  for (const name of names) {
    if (name === "") return issue("a segment of the path is empty")
    if (name === "__proto__") return issue("no field is named __proto__")
    if (name.startsWith("$")) return issue("no field has a name that begins with $")
  }
  if (!isWellFormed(text)) return issue("the path has half of a character")
  const segments = names.map((name) => ({
    name,
    index: indexOf(name),
    inherited: isInherited(name)
  }))
  return { _tag: "Path", text, segments }
}

/**
 * All that `path` leads to. It is empty where the path ends in an array without objects; an array
 * at the end itself is one value.
 *
 * @category getters
 */
export const values = (document: Fields, path: Path): ReadonlyArray<Value | undefined> => {
  const found: Array<Value | undefined> = []
  some(document, path.segments, 0, (value) => {
    found.push(value)
    return false
  })
  return found
}

/**
 * Whether `check` is true of something that `segments`, from the one at `from`, lead to.
 *
 * @category predicates
 */
export const some = (
  value: Value | undefined,
  segments: ReadonlyArray<Segment>,
  from: number,
  check: (value: Value | undefined) => boolean
): boolean => {
  let reached = value
  for (let at = from; at < segments.length; at += 1) {
    const segment = segments[at]!
    if (segment.index < 0 && Array.isArray(reached)) {
      const items: ReadonlyArray<Value> = reached
      for (let item = 0; item < items.length; item += 1)
        if (isFields(items[item]) && some(items[item], segments, at, check)) return true
      return false
    }
    reached = step(reached, segment)
  }
  return check(reached)
}

/** What one segment leads to, unless it passes through an array. @category getters */
export const step = (value: Value | undefined, segment: Segment): Value | undefined => {
  if (typeof value !== "object" || value === null) return undefined
  if (segment.index < 0) return member(value as Fields, segment)
  if (Array.isArray(value)) return (value as ReadonlyArray<Value>)[segment.index]
  // Bytes have their numbers as own fields.
  return value instanceof Uint8Array ? undefined : member(value as Fields, segment)
}

/** The field `name` of `fields` itself, never an inherited one. @category getters */
export const own = (fields: Fields, name: string): Value | undefined =>
  Object.hasOwn(fields, name) ? fields[name] : undefined

/** The field that `segment` names, never an inherited one. @category getters */
export const member = (fields: Fields, { inherited, name }: Segment): Value | undefined =>
  inherited ? own(fields, name) : fields[name]

/** The number that `name` writes, as no other text would: not `01`. */
const indexOf = (name: string) => {
  if (name.length > 1 && name.startsWith("0")) return -1
  let index = 0
  for (let at = 0; at < name.length; at += 1) {
    const digit = name.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return -1
    index = index * 10 + digit
  }
  return index
}

/** To ask for each value whether the field is its own takes as long as to fetch it. */
const isInherited = (name: string) => prototypes.some((prototype) => name in prototype)

const prototypes: ReadonlyArray<object> = [{}, [], date(0), new Uint8Array()]

const issue = (text: string): PathIssue => ({ _tag: "Issue", issue: text })
