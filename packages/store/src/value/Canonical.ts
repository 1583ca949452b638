/**
 * The one text of a value: names in order, nothing that another node would read differently.
 *
 * Key order is not data, so two objects that differ in it have the same text. What JSON or UTF-8
 * would change on the way (half of a surrogate pair, an infinity, `undefined` in an array) is an
 * issue instead. A date is `{"$date":ms}` and bytes are `{"$bytes":"base64"}`, which no other value
 * has as its text, since a document's names do not begin with `$`.
 *
 * It runs for every document on every node, so it is one pass over the value, and what is wanted
 * there, size and fingerprint, comes without the text itself.
 */
import { depthMax } from "../command/Limits.ts"
import * as Base64 from "./Base64.ts"
import { isDate, isPlain, sortedNames } from "./Compare.ts"
import * as Fingerprint from "./Fingerprint.ts"
import * as Issue from "./Issue.ts"
import * as Units from "./Units.ts"

export { isId, isName, isWellFormed, utf8Bytes } from "./Text.ts"

/** `bytes`: the size of `text` in UTF-8. @category models */
export interface Canonical {
  readonly _tag: "Canonical"
  readonly text: string
  readonly bytes: number
}

/** Of a canonical text: its size in UTF-8, and `Fingerprint.of` it. @category models */
export interface Measured {
  readonly _tag: "Measured"
  readonly bytes: number
  readonly fingerprint: number
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

/** What there is to know of the text that `of` gives, several times faster. @category constructors */
export const measure = (value: unknown): Measured | Issue.Issue => {
  Units.clear(out)
  const issue = write(value, 1, false)
  if (issue !== undefined) return issue
  const fingerprint = Fingerprint.ofUnits(out.units, out.length)
  return { _tag: "Measured", bytes: out.length + out.extra, fingerprint }
}

const run = (value: unknown, filter: boolean): Canonical | Issue.Issue => {
  Units.clear(out)
  const issue = write(value, 1, filter)
  if (issue !== undefined) return issue
  return { _tag: "Canonical", text: Units.textOf(out), bytes: out.length + out.extra }
}

const out = Units.make()

/** An issue's path leads from `value` down. */
const write = (value: unknown, depth: number, filter: boolean): Issue.Issue | undefined => {
  switch (typeof value) {
    case "string":
      if (!Units.putQuoted(out, value)) return Issue.make("a text with half of a character")
      return
    case "number":
      if (!Number.isFinite(value)) return Issue.make("a number that is not finite")
      Units.putAscii(out, String(value))
      return
    case "boolean":
      Units.putAscii(out, value ? "true" : "false")
      return
    case "object":
      if (value !== null) return writeObject(value, depth, filter)
      Units.putAscii(out, "null")
      return
    default:
      return Issue.make(`${typeof value}, which is not a value of a document`)
  }
}

const writeObject = (value: object, depth: number, filter: boolean): Issue.Issue | undefined => {
  const plain = isPlain(value)
  if (plain || Array.isArray(value)) {
    if (depth > depthMax) return Issue.make(`more than ${depthMax} levels`)
    return plain ? writeFields(value, depth, filter) : writeArray(value as [], depth, filter)
  }
  if (isDate(value)) {
    const ms = value.getTime()
    if (Number.isNaN(ms)) return Issue.make("a date that is not a time")
    Units.putAscii(out, `{"$date":${ms}}`)
    return
  }
  if (value instanceof Uint8Array) {
    Units.putAscii(out, `{"$bytes":"${Base64.encode(value)}"}`)
    return
  }
  return Issue.make("an object of a class")
}

const writeFields = (value: object, depth: number, filter: boolean): Issue.Issue | undefined => {
  const fields = value as Record<string, unknown>
  const names = sortedNames(value)
  let before = openBrace
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at]!
    const member = fields[name]
    if (member === undefined) continue
    Units.putUnit(out, before)
    before = comma
    const issue = nameIssue(name, filter) ?? writeMember(name, member, depth, filter)
    if (issue !== undefined) return Issue.inField(issue, name)
  }
  if (before === openBrace) Units.putUnit(out, openBrace)
  Units.putUnit(out, closeBrace)
  return
}

const writeMember = (name: string, member: unknown, depth: number, filter: boolean) => {
  if (!Units.putQuoted(out, name)) return Issue.make("a field name with half of a character")
  Units.putUnit(out, colon)
  return write(member, depth + 1, filter)
}

const writeArray = (
  items: ReadonlyArray<unknown>,
  depth: number,
  filter: boolean
): Issue.Issue | undefined => {
  Units.putUnit(out, openBracket)
  for (let at = 0; at < items.length; at += 1) {
    if (at > 0) Units.putUnit(out, comma)
    const issue = write(items[at], depth + 1, filter)
    if (issue !== undefined) return Issue.inItem(issue, at)
  }
  Units.putUnit(out, closeBracket)
  return
}

const comma = 0x2c
const colon = 0x3a
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

const nameIssue = (name: string, filter: boolean): Issue.Issue | undefined => {
  if (name === "") return Issue.make("a field name that is empty")
  if (name === "__proto__") return Issue.make("a field named __proto__")
  if (filter)
    // Else this object and the date or the bytes that it looks like would be one filter.
    return name === "$date" || name === "$bytes" ? Issue.make("an unknown operator") : undefined
  if (name.charCodeAt(0) === 0x24) return Issue.make("a field name that begins with $")
  return name.includes(".") ? Issue.make("a field name with a dot") : undefined
}
