/**
 * Values as plain JSON, for people and for other programs: a date as `{"$date": ms}`, bytes as
 * `{"$bytes": base64}`.
 *
 * `fromJson` takes what anyone may send. It is for documents and filters alike, so it leaves their
 * own rules (no `$` in a document's names) to `Canonical` and to the filter's parser.
 */
import * as Base64 from "./Base64.ts"
import { date, isDate, isPlain } from "./Compare.ts"
import * as Issue from "./Issue.ts"
import { isWellFormed } from "./Text.ts"
import type { Fields, Value } from "./Value.ts"

/** @category models */
export interface Read {
  readonly _tag: "Value"
  readonly value: Value
}

/** Levels that a value from outside may have: a document's 100, and what stands around it. @category configuration */
export const nestingMax = 128

/** @category encoding */
export const toJson = (value: Value): unknown => {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return value.map(toJson)
  if (isDate(value)) return { $date: value.getTime() }
  if (value instanceof Uint8Array) return { $bytes: Base64.encode(value) }
  const out: Record<string, unknown> = {}
  for (const [name, member] of Object.entries(value)) out[name] = toJson(member)
  return out
}

/** What `toJson` gave, or what is wrong with it, and where. @category decoding */
export const fromJson = (json: unknown): Read | Issue.Issue =>
  restore(json, {
    checkTexts: true,
    bytes: (text) => (typeof text === "string" ? Base64.decode(text) : undefined),
    bytesExpected: 'bytes are {"$bytes": base64}, with padding, and nothing beside it',
    inPlace: false,
    pairs: false
  })

/** How JSON is read back: the two forms of it differ in where the bytes are. @category models */
export interface Form {
  /** False when the texts are known to be well-formed. */
  readonly checkTexts: boolean
  /** The bytes that `$bytes` stands for; nothing if it is wrong. */
  readonly bytes: (operand: unknown) => Uint8Array | undefined
  readonly bytesExpected: string
  /** Whether the JSON may become the value, instead of being copied where they differ. */
  readonly inPlace: boolean
  /** Whether an object can also be `{"$fields": [[name, value], ...]}`. */
  readonly pairs: boolean
}

/** The value of `json`. They share what is the same in both. @category decoding */
export const restore = (json: unknown, form: Form): Read | Issue.Issue => {
  const reader: Reader = { form, issue: undefined }
  const value = read(reader, json, 1)
  return reader.issue ?? { _tag: "Value", value }
}

interface Reader {
  readonly form: Form
  /** Once there is one, what `read` gives is not looked at. */
  issue: Issue.Issue | undefined
}

const refuse = (reader: Reader, issue: string): null => {
  reader.issue = Issue.make(issue)
  return null
}

const read = (reader: Reader, json: unknown, depth: number): Value => {
  switch (typeof json) {
    case "boolean":
      return json
    case "string":
      return reader.form.checkTexts && !isWellFormed(json)
        ? refuse(reader, "a text with half of a character")
        : json
    case "number":
      if (!Number.isFinite(json)) return refuse(reader, "a number that is not finite")
      return json === 0 ? 0 : json
    case "object":
      if (json === null) return null
      if (depth > nestingMax) return refuse(reader, `more than ${nestingMax} levels`)
      if (Array.isArray(json)) return readArray(reader, json, depth)
      return isPlain(json) ? readFields(reader, json, depth) : refuse(reader, notJson)
    default:
      return refuse(reader, notJson)
  }
}

const notJson = "a value that is not JSON"

const readArray = (reader: Reader, items: Array<Value>, depth: number): Value => {
  let out: Array<Value> | undefined
  for (let at = 0; at < items.length; at += 1) {
    const item = items[at]!
    const value = read(reader, item, depth + 1)
    if (reader.issue !== undefined) {
      reader.issue = Issue.inItem(reader.issue, at)
      return null
    }
    if (!Object.is(value, item)) (out ??= reader.form.inPlace ? items : [...items])[at] = value
  }
  return out ?? items
}

const readFields = (reader: Reader, fields: Record<string, Value>, depth: number): Value => {
  let out: Record<string, Value> | undefined
  const names = Object.keys(fields)
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at]!
    if (isTag(reader, name)) return readTagged(reader, fields, names, depth)
    const member = fields[name]!
    const value = readMember(reader, name, member, depth)
    if (reader.issue !== undefined) return null
    if (!Object.is(value, member))
      (out ??= reader.form.inPlace ? fields : { ...fields })[name] = value
  }
  return out ?? fields
}

const readMember = (reader: Reader, name: string, member: unknown, depth: number): Value => {
  let value: Value = null
  if (name === "__proto__") refuse(reader, "a field named __proto__")
  else if (reader.form.checkTexts && !isWellFormed(name))
    refuse(reader, "a field name with half of a character")
  else value = read(reader, member, depth + 1)
  if (reader.issue !== undefined) reader.issue = Issue.inField(reader.issue, name)
  return value
}

const isTag = ({ form }: Reader, name: string) =>
  name === "$date" || name === "$bytes" || (form.pairs && name === "$fields")

/** What a value that JSON lacks stands in: an object with that one field. */
const readTagged = (
  reader: Reader,
  fields: Fields,
  names: ReadonlyArray<string>,
  depth: number
): Value => {
  const alone = names.length === 1
  if (Object.hasOwn(fields, "$date")) {
    const ms = fields["$date"]
    if (alone && isTime(ms)) return date(ms)
    return refuse(reader, 'a date is {"$date": ms}, in whole milliseconds, and nothing beside it')
  }
  if (Object.hasOwn(fields, "$bytes")) {
    const bytes = alone ? reader.form.bytes(fields["$bytes"]) : undefined
    return bytes ?? refuse(reader, reader.form.bytesExpected)
  }
  const pairs = fields["$fields"]
  return alone && Array.isArray(pairs)
    ? readPairs(reader, pairs, depth)
    : refuse(reader, pairsExpected)
}

const readPairs = (reader: Reader, pairs: ReadonlyArray<Value>, depth: number): Value => {
  const out: Record<string, Value> = {}
  for (const pair of pairs) {
    if (!Array.isArray(pair) || pair.length !== 2) return refuse(reader, pairsExpected)
    const [name, member] = pair as [unknown, unknown]
    if (typeof name !== "string" || isTag(reader, name)) return refuse(reader, pairsExpected)
    out[name] = readMember(reader, name, member, depth)
    if (reader.issue !== undefined) return null
  }
  return out
}

const pairsExpected = "fields in pairs are a list of names with values, and nothing beside it"

/** The furthest from 1970 that a date can be. */
const dateMaxMs = 8.64e15

const isTime = (ms: unknown): ms is number =>
  typeof ms === "number" && Number.isInteger(ms) && Math.abs(ms) <= dateMaxMs
