/**
 * Writes values as texts that stand in the order of the values (`Compare`), also one value after
 * another. So a place in an index is one string, and comparing two is one step in one place of the
 * memory: an index is mostly waiting for memory.
 *
 * A value begins with a character for its type, and no value's text is the beginning of another's.
 * A string ends with U+0000; U+0000 and U+0001 inside it are U+0001 with U+0002 or U+0003. A number
 * is eight characters below U+0100, so that the text of plain values takes a byte a character.
 */
import { date, isDate, sortedNames } from "../value/Compare.ts"
import type { Fields, Value } from "../value/Value.ts"

/** @category encoding */
export const of = (value: Value): string => {
  if (typeof value === "string") return string + ended(value)
  if (typeof value === "number") return number + bits(value)
  if (typeof value !== "object") return value ? yes : no
  return value === null ? nothing : ofObject(value)
}

/**
 * Bytes that a text takes: a runtime keeps one for each character, or two if one of them is above
 * U+00FF.
 *
 * @category getters
 */
export const size = (text: string): number => (isWide(text) ? 2 * text.length : text.length)

/** @category predicates */
export const isWide = (text: string): boolean => {
  for (let at = 0; at < text.length; at += 1) if (text.charCodeAt(at) > 255) return true
  return false
}

/** The text begins with that of an array. @category predicates */
export const isArray = (text: string): boolean => text.startsWith(array)

/** @category decoding */
export interface Read {
  readonly values: ReadonlyArray<Value>
  /** What comes after the values. */
  readonly rest: string
}

/** Takes apart what began with the texts of `count` values. @category decoding */
export const read = (text: string, count: number): Read => {
  const reader = { text, at: 0 }
  const values = Array.from({ length: count }, () => readValue(reader))
  return { values, rest: text.slice(reader.at) }
}

/** The value whose text begins at `at`. @category decoding */
export const valueAt = (text: string, at: number): Value => readValue({ text, at })

/** The text of null. */
export const nothing = "\u0001"

// In the order of the types.
const number = "\u0002"
const string = "\u0003"
const object = "\u0004"
const array = "\u0005"
const bytes = "\u0006"
const no = "\u0007"
const yes = "\u0008"
const time = "\u0009"
/** Stands before whatever could follow. */
const end = "\u0000"

const ofObject = (value: Exclude<Value, null | boolean | number | string>): string => {
  if (isDate(value)) return time + bits(value.getTime())
  if (value instanceof Uint8Array) return bytes + ended(ofBytes(value))
  let text = ""
  if (Array.isArray(value)) {
    for (const item of value as ReadonlyArray<Value>) text += of(item)
    return array + text + end
  }
  // Members of an object stand in an array of names and values.
  for (const name of sortedNames(value)) text += string + ended(name) + of((value as Fields)[name]!)
  return object + text + end
}

const ended = (text: string): string => {
  if (!text.includes("\u0000") && !text.includes("\u0001")) return text + end
  return text.replaceAll("\u0001", "\u0001\u0003").replaceAll("\u0000", "\u0001\u0002") + end
}

const ofBytes = (value: Uint8Array): string => {
  let text = ""
  for (let at = 0; at < value.length; at += sliceMax)
    text += String.fromCharCode(...value.subarray(at, at + sliceMax))
  return text
}

/** Arguments of one call. */
const sliceMax = 4096

const view = new DataView(new ArrayBuffer(8))

/** In the order of the numbers: the sign turned around, and every bit if it is negative. */
const bits = (value: number): string => {
  view.setFloat64(0, value === 0 ? 0 : value)
  const [high, low] = turned(view.getInt32(0), view.getInt32(4), view.getInt32(0) < 0)
  return String.fromCharCode(
    high >>> 24,
    (high >>> 16) & 255,
    (high >>> 8) & 255,
    high & 255,
    low >>> 24,
    (low >>> 16) & 255,
    (low >>> 8) & 255,
    low & 255
  )
}

const turned = (high: number, low: number, all: boolean): readonly [number, number] =>
  all ? [~high, ~low] : [high ^ 0x80000000, low]

interface Reader {
  readonly text: string
  at: number
}

const readValue = (reader: Reader): Value => {
  const type = reader.text[reader.at]
  reader.at += 1
  switch (type) {
    case number:
      return readNumber(reader)
    case string:
      return readText(reader)
    case object: {
      const fields: Record<string, Value> = {}
      while (!isEnd(reader)) fields[readValue(reader) as string] = readValue(reader)
      return fields
    }
    case array: {
      const items: Array<Value> = []
      while (!isEnd(reader)) items.push(readValue(reader))
      return items
    }
    case bytes:
      return Uint8Array.from(readText(reader), (unit) => unit.charCodeAt(0))
    case time:
      return date(readNumber(reader))
    default:
      return type === nothing ? null : type === yes
  }
}

/** Steps over the end, if it is one. */
const isEnd = (reader: Reader): boolean => {
  if (reader.text[reader.at] !== end) return false
  reader.at += 1
  return true
}

const readText = (reader: Reader): string => {
  const from = reader.at
  const to = reader.text.indexOf(end, from)
  reader.at = to + 1
  const text = reader.text.slice(from, to)
  if (!text.includes("\u0001")) return text
  return text.replaceAll("\u0001\u0002", "\u0000").replaceAll("\u0001\u0003", "\u0001")
}

const readNumber = (reader: Reader): number => {
  for (let at = 0; at < 8; at += 1) view.setUint8(at, reader.text.charCodeAt(reader.at + at))
  reader.at += 8
  const [high, low] = turned(view.getInt32(0), view.getInt32(4), view.getInt32(0) >= 0)
  view.setInt32(0, high)
  view.setInt32(4, low)
  return view.getFloat64(0)
}
