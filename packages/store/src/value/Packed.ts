/**
 * Values as bytes, for the log, the wire and snapshots: JSON text, then the contents of all bytes
 * values one after another, so that they never travel as base64.
 *
 * ```
 * length of the text (u32, big-endian) | text | bytes, bytes, ...
 * ```
 *
 * In the text a date is `{"$date":ms}`, bytes are `{"$bytes":[offset,length]}`, and an object with a
 * name that would need an escape is `{"$fields":[[name,value],...]}`. Most values have none of
 * these, and then the runtime's own JSON does nearly all the work. What `decode` gives is in normal
 * form (see `Normal`), but not known to be a document: that is for `Canonical` to say.
 */
import { isDate } from "./Compare.ts"
import * as Issue from "./Issue.ts"
import { restore, type Read } from "./Json.ts"
import { needsEscape } from "./Text.ts"
import type { Fields, Value } from "./Value.ts"

/** The bytes of a value in which `Canonical` found no issue. @category encoding */
export const encode = (value: Value): Uint8Array => {
  const tail: Tail = { parts: [], size: 0 }
  const text = utf8.encode(JSON.stringify(replace(value, tail)))
  const out = new Uint8Array(lengthBytes + text.length + tail.size)
  new DataView(out.buffer).setUint32(0, text.length)
  out.set(text, lengthBytes)
  let at = lengthBytes + text.length
  for (const part of tail.parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

/** The value of any bytes, or what is wrong with them, and where. @category decoding */
export const decode = (bytes: Uint8Array): Read | Issue.Issue => {
  if (bytes.length < lengthBytes) return tooFew
  const tail =
    lengthBytes + (bytes[0]! * 2 ** 24 + (bytes[1]! << 16) + (bytes[2]! << 8) + bytes[3]!)
  if (tail > bytes.length) return tooFew
  const parsed = parse(bytes.subarray(lengthBytes, tail))
  if (parsed === undefined) return notJson
  if (hasEscapedName(parsed.text)) return escapedName
  let at = tail
  const read = restore(parsed.json, {
    checkTexts: parsed.text.includes("\\u"),
    bytes: (operand) => {
      // Each begins where the one before it ended, so none overlap and nothing lies between.
      if (!Array.isArray(operand) || operand.length !== 2 || operand[0] !== at - tail) return
      const length: unknown = operand[1]
      if (typeof length !== "number" || !Number.isInteger(length)) return
      if (length < 0 || length > bytes.length - at) return
      at += length
      return new Uint8Array(bytes.subarray(at - length, at))
    },
    bytesExpected: "bytes that do not stand where the ones before them end",
    inPlace: true,
    pairs: true
  })
  return read._tag === "Value" && at !== bytes.length ? leftOver : read
}

const lengthBytes = 4
const tooFew = Issue.make("too few bytes")
const notJson = Issue.make("text that is not JSON in UTF-8")
const escapedName = Issue.make("a field name with an escape")
const leftOver = Issue.make("bytes that no value refers to")

const utf8 = new TextEncoder()
const strictUtf8 = new TextDecoder("utf-8", { fatal: true })

const parse = (
  bytes: Uint8Array
): { readonly json: unknown; readonly text: string } | undefined => {
  try {
    const text = strictUtf8.decode(bytes)
    return { json: JSON.parse(text), text }
  } catch {
    return undefined
  }
}

/**
 * Whether a name in `text`, which is JSON, is written with an escape. V8 13.6 to 14.6 can read such
 * a name as another one, depending on what the process has parsed before: never the same everywhere.
 */
const hasEscapedName = (text: string): boolean => {
  if (!text.includes("\\")) return false
  for (let at = text.indexOf('"'); at >= 0; at = text.indexOf('"', at + 1)) {
    let escaped = false
    for (at += 1; text.charCodeAt(at) !== quote; at += 1) {
      if (text.charCodeAt(at) !== backslash) continue
      escaped = true
      at += 1
    }
    if (escaped && isBeforeColon(text, at + 1)) return true
  }
  return false
}

const isBeforeColon = (text: string, from: number) => {
  let at = from
  while (text.charCodeAt(at) <= space) at += 1
  return text[at] === ":"
}

const space = 0x20
const quote = 0x22
const backslash = 0x5c

interface Tail {
  readonly parts: Array<Uint8Array>
  size: number
}

/** As JSON, its bytes put into `tail` in the order in which `decode` meets them. */
const replace = (value: unknown, tail: Tail): unknown => {
  if (typeof value !== "object" || value === null) return value
  if (Array.isArray(value)) return replaceItems(value, tail)
  if (isDate(value)) return { $date: value.getTime() }
  if (!(value instanceof Uint8Array)) return replaceFields(value as Fields, tail)
  const offset = tail.size
  tail.parts.push(value)
  tail.size += value.length
  return { $bytes: [offset, value.length] }
}

const replaceItems = (items: ReadonlyArray<unknown>, tail: Tail): ReadonlyArray<unknown> => {
  let out: Array<unknown> | undefined
  for (let at = 0; at < items.length; at += 1) {
    const json = replace(items[at], tail)
    if (json !== items[at]) (out ??= [...items])[at] = json
  }
  return out ?? items
}

const replaceFields = (fields: Fields, tail: Tail): unknown => {
  let out: Record<string, unknown> | undefined
  let inPairs = false
  const names = Object.keys(fields)
  for (let at = 0; at < names.length; at += 1) {
    const name = names[at]!
    inPairs ||= needsEscape(name)
    const json = replace(fields[name], tail)
    if (json !== fields[name]) (out ??= { ...fields })[name] = json
  }
  if (!inPairs) return out ?? fields
  return { $fields: Object.entries(out ?? fields).filter(([, json]) => json !== undefined) }
}
