/**
 * The one text of a value: names in order, nothing that another node would read differently.
 *
 * Key order is not data, so two objects that differ in it have the same text. What JSON or UTF-8
 * would change on the way (half of a surrogate pair, an infinity, `undefined` in an array) is an
 * issue instead. A date is `{"$date":ms}` and bytes are `{"$bytes":"base64"}`, which no other value
 * has as its text, since a document's names do not begin with `$`.
 *
 * It runs for every document on every node, hence one pass, and no array of parts.
 */
import { depthMax } from "../command/Limits.ts"
import * as Base64 from "./Base64.ts"
import { isDate, sortedNames } from "./Compare.ts"
import * as Issue from "./Issue.ts"
import { extraBytes, isWellFormed } from "./Text.ts"

export { isId, isName, isWellFormed, utf8Bytes } from "./Text.ts"

/** `bytes`: the size of `text` in UTF-8. @category models */
export interface Canonical {
  readonly _tag: "Canonical"
  readonly text: string
  readonly bytes: number
}

/**
 * The text of a document, or of a value in one. A member that is `undefined` is left out, as JSON
 * does; -0 is written as 0.
 *
 * @category constructors
 */
export const of = (value: unknown): Canonical | Issue.Issue => run(value, false)

/**
 * The text of a filter: its names may have dots and begin with `$`.
 *
 * @category constructors
 */
export const ofFilter = (value: unknown): Canonical | Issue.Issue => run(value, true)

interface Writer {
  readonly filter: boolean
  text: string
  /** Bytes of the text beyond one for each code unit. */
  extra: number
}

const run = (value: unknown, filter: boolean): Canonical | Issue.Issue => {
  const writer: Writer = { filter, text: "", extra: 0 }
  const issue = write(writer, value, 1)
  if (issue !== undefined) return issue
  return { _tag: "Canonical", text: writer.text, bytes: writer.text.length + writer.extra }
}

/** An issue's path leads from `value` down. */
const write = (writer: Writer, value: unknown, depth: number): Issue.Issue | undefined => {
  switch (typeof value) {
    case "string":
      return writeText(writer, value, "a text")
    case "number":
      if (!Number.isFinite(value)) return Issue.make("a number that is not finite")
      writer.text += value
      return
    case "boolean":
      writer.text += value ? "true" : "false"
      return
    case "object":
      if (value === null) {
        writer.text += "null"
        return
      }
      return writeObject(writer, value, depth)
    default:
      return Issue.make(`${typeof value}, which is not a value of a document`)
  }
}

const writeObject = (writer: Writer, value: object, depth: number): Issue.Issue | undefined => {
  const prototype = Object.getPrototypeOf(value)
  const plain = prototype === Object.prototype || prototype === null
  if (plain || Array.isArray(value)) {
    if (depth > depthMax) return Issue.make(`more than ${depthMax} levels`)
    return plain ? writeFields(writer, value, depth) : writeArray(writer, value as [], depth)
  }
  if (isDate(value)) {
    const ms = value.getTime()
    if (Number.isNaN(ms)) return Issue.make("a date that is not a time")
    writer.text += `{"$date":${ms}}`
    return
  }
  if (value instanceof Uint8Array) {
    writer.text += `{"$bytes":"${Base64.encode(value)}"}`
    return
  }
  return Issue.make("an object of a class")
}

const writeFields = (writer: Writer, value: object, depth: number): Issue.Issue | undefined => {
  const fields = value as Record<string, unknown>
  const names = sortedNames(value)
  let next = "{"
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at]!
    const member = fields[name]
    if (member === undefined) continue
    writer.text += next
    next = ","
    const bad = nameIssue(name, writer.filter) ?? writeText(writer, name, "a field name")
    if (bad !== undefined) return Issue.inField(bad, name)
    writer.text += ":"
    const issue = write(writer, member, depth + 1)
    if (issue !== undefined) return Issue.inField(issue, name)
  }
  writer.text += next === "{" ? "{}" : "}"
  return
}

const writeArray = (
  writer: Writer,
  items: ReadonlyArray<unknown>,
  depth: number
): Issue.Issue | undefined => {
  writer.text += "["
  for (let at = 0; at < items.length; at += 1) {
    if (at > 0) writer.text += ","
    const issue = write(writer, items[at], depth + 1)
    if (issue !== undefined) return Issue.inItem(issue, at)
  }
  writer.text += "]"
  return
}

const writeText = (writer: Writer, text: string, what: string): Issue.Issue | undefined => {
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit < 0x20 || unit > 0x7e || unit === 0x22 || unit === 0x5c) {
      if (!isWellFormed(text)) return Issue.make(`${what} with half of a character`)
      for (let rest = at; rest < text.length; rest += 1)
        writer.extra += extraBytes(text.charCodeAt(rest))
      writer.text += JSON.stringify(text)
      return
    }
  }
  writer.text += `"${text}"`
  return
}

const nameIssue = (name: string, filter: boolean): Issue.Issue | undefined => {
  if (name === "") return Issue.make("a field name that is empty")
  if (name === "__proto__") return Issue.make("a field named __proto__")
  if (filter)
    // Else this object and the date or the bytes that it looks like would be one filter.
    return name === "$date" || name === "$bytes" ? Issue.make("an unknown operator") : undefined
  if (name.charCodeAt(0) === 0x24) return Issue.make("a field name that begins with $")
  return name.includes(".") ? Issue.make("a field name with a dot") : undefined
}
