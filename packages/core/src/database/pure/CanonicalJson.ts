/**
 * The one text of a JSON value: keys in order, nothing that another node would read differently.
 *
 * Key order is not data, so two objects that differ in it have the same text. What JSON or UTF-8
 * would change on the way (a lone surrogate, an infinity, `undefined`) is refused instead.
 */

/** The deepest nesting of arrays and objects. @category configuration */
export const depthMax = 100

/** @category models */
export type Canonical =
  | { readonly _tag: "Text"; readonly text: string }
  | { readonly _tag: "Issue"; readonly issue: string }

/**
 * The text of `value`, or what is wrong with it, and where.
 *
 * @category constructors
 */
export const of = (value: unknown): Canonical => {
  const out: Array<string> = []
  const issue = write(value, 1, out)
  return issue === undefined
    ? { _tag: "Text", text: out.join("") }
    : { _tag: "Issue", issue: `${issue.what}${issue.path === "" ? "" : ` at ${issue.path}`}` }
}

/** Whether two JSON values are the same, whatever the order of their keys. @category predicates */
export const equals = (a: unknown, b: unknown): boolean => {
  if (a === b) return true
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b))
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, at) => equals(item, b[at]))
    )
  const keys = Object.keys(a)
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && equals(field(a, key), field(b, key)))
  )
}

/** The bytes that `text`, which is well-formed, takes in UTF-8. @category getters */
export const utf8Bytes = (text: string): number => {
  let bytes = 0
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    // Each half of a surrogate pair counts for two of the pair's four.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || isSurrogate(unit) ? 2 : 3
  }
  return bytes
}

/** Whether every surrogate of `text` has its other half. @category predicates */
export const isWellFormed = (text: string): boolean => {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (!isSurrogate(unit)) continue
    const pair = text.charCodeAt(at + 1)
    if (unit >= 0xdc00 || !(pair >= 0xdc00 && pair < 0xe000)) return false
    at += 1
  }
  return true
}

const isSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xe000

interface Issue {
  readonly what: string
  readonly path: string
}

const under = (issue: Issue, step: string): Issue => ({ ...issue, path: step + issue.path })

/** Writes `value` to `out`. An issue carries the path from here down. */
const write = (value: unknown, depth: number, out: Array<string>): Issue | undefined => {
  switch (typeof value) {
    case "string":
      if (!isWellFormed(value)) return { what: "a string with half of a character", path: "" }
      out.push(JSON.stringify(value))
      return
    case "number":
      if (!Number.isFinite(value)) return { what: "a number that is not finite", path: "" }
      out.push(JSON.stringify(value))
      return
    case "boolean":
      out.push(value ? "true" : "false")
      return
    case "object":
      if (value === null) {
        out.push("null")
        return
      }
      if (depth > depthMax) return { what: `more than ${depthMax} levels`, path: "" }
      return Array.isArray(value) ? writeArray(value, depth, out) : writeObject(value, depth, out)
    default:
      return { what: `${typeof value}, which is not JSON`, path: "" }
  }
}

const writeArray = (items: ReadonlyArray<unknown>, depth: number, out: Array<string>) => {
  out.push("[")
  for (let at = 0; at < items.length; at += 1) {
    if (at > 0) out.push(",")
    const issue = write(items[at], depth + 1, out)
    if (issue !== undefined) return under(issue, `[${at}]`)
  }
  out.push("]")
  return undefined
}

const writeObject = (value: object, depth: number, out: Array<string>) => {
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null)
    return { what: "an object of a class", path: "" }
  out.push("{")
  // The default order is by UTF-16 code unit.
  const keys = Object.keys(value).toSorted()
  for (let at = 0; at < keys.length; at += 1) {
    const key = keys[at]!
    if (key === "__proto__") return { what: "a field named __proto__", path: "" }
    if (!isWellFormed(key)) return { what: "a field name with half of a character", path: "" }
    out.push(at > 0 ? "," : "", JSON.stringify(key), ":")
    const issue = write(field(value, key), depth + 1, out)
    if (issue !== undefined) return under(issue, `.${key}`)
  }
  out.push("}")
  return undefined
}

const field = (value: object, key: string): unknown => (value as Record<string, unknown>)[key]
