/** Facts about texts, by hand: what a regular expression matches can change with the runtime. */

/** The bytes that `text`, which is well-formed, takes in UTF-8. @category getters */
export const utf8Bytes = (text: string): number => {
  let bytes = text.length
  for (let at = 0; at < text.length; at += 1) bytes += extraBytes(text.charCodeAt(at))
  return bytes
}

/** What a code unit adds to the one byte that it is counted for. @category getters */
export const extraBytes = (unit: number): number =>
  // Each half of a surrogate pair counts for two of the pair's four.
  unit < 0x80 ? 0 : unit < 0x800 || isSurrogate(unit) ? 1 : 2

/** Whether every surrogate of `text` has its other half. @category predicates */
export const isWellFormed = (text: string): boolean => lone(text, 0) === text.length

/** With U+FFFD for each half of a character. @category combinators */
export const toWellFormed = (text: string): string => {
  let out = ""
  let from = 0
  for (let at = lone(text, 0); at < text.length; at = lone(text, from)) {
    out += `${text.slice(from, at)}\ufffd`
    from = at + 1
  }
  return from === 0 ? text : out + text.slice(from)
}

/** Whether JSON writes it with an escape; `text` is well-formed. @category predicates */
export const needsEscape = (text: string): boolean => {
  for (let at = 0; at < text.length; at += 1) if (isEscaped(text.charCodeAt(at))) return true
  return false
}

/** @category predicates */
export const isEscaped = (unit: number): boolean =>
  unit < 0x20 || unit === quote || unit === backslash

/** An id, a key, an owner: 1 to 128 bytes, well-formed. @category predicates */
export const isId = (text: unknown): text is string => {
  if (typeof text !== "string" || text.length === 0 || text.length > idMaxBytes) return false
  return isWellFormed(text) && utf8Bytes(text) <= idMaxBytes
}

/** Of a collection or an index: `[A-Za-z][A-Za-z0-9_-]{0,63}`. @category predicates */
export const isName = (text: unknown): text is string => {
  if (typeof text !== "string" || text.length === 0 || text.length > nameMax) return false
  if (!isLetter(text.charCodeAt(0))) return false
  for (let at = 1; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (!isLetter(unit) && !isDigit(unit) && unit !== hyphen && unit !== underscore) return false
  }
  return true
}

const idMaxBytes = 128
const nameMax = 64
const quote = 0x22
const backslash = 0x5c
const hyphen = 0x2d
const underscore = 0x5f

/** The place of the first lone surrogate at `from` or later; `text.length` if there is none. */
const lone = (text: string, from: number): number => {
  for (let at = from; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (!isSurrogate(unit)) continue
    if (unit >= 0xdc00 || !isLow(text.charCodeAt(at + 1))) return at
    at += 1
  }
  return text.length
}

const isSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xe000
const isLow = (unit: number) => unit >= 0xdc00 && unit < 0xe000
const isLetter = (unit: number) => (unit >= 0x41 && unit <= 0x5a) || (unit >= 0x61 && unit <= 0x7a)
const isDigit = (unit: number) => unit >= 0x30 && unit <= 0x39
