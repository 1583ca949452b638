/**
 * A text while it is written, as UTF-16 code units in memory that is used again and again.
 *
 * A string that grows by small pieces is a tree of them, which costs more than all the rest of
 * writing a document's canonical text; and nearly always only its size and fingerprint are wanted.
 */
import { extraBytes, isEscaped, isWellFormed } from "./Text.ts"

/** @category models */
export interface Units {
  units: Uint16Array
  length: number
  /** Bytes of the text in UTF-8, beyond one for each unit. */
  extra: number
}

/** @category constructors */
export const make = (): Units => ({ units: new Uint16Array(keptMax / 64), length: 0, extra: 0 })

/** Forgets the text, and the memory too if the text was unusually long. @category combinators */
export const clear = (to: Units): void => {
  to.length = 0
  to.extra = 0
  if (to.units.length > keptMax) to.units = make().units
}

/** One unit below 128. @category combinators */
export const putUnit = (to: Units, unit: number): void => {
  if (to.length === to.units.length) grow(to, 1)
  to.units[to.length] = unit
  to.length += 1
}

/** Text of units below 128. @category combinators */
export const putAscii = (to: Units, text: string): void => {
  if (to.length + text.length > to.units.length) grow(to, text.length)
  const { length, units } = to
  for (let at = 0; at < text.length; at += 1) units[length + at] = text.charCodeAt(at)
  to.length = length + text.length
}

/** Text in quotes, as JSON has it. False, and anything written, if it is not well-formed. @category combinators */
export const putQuoted = (to: Units, text: string): boolean => {
  if (to.length + text.length + 2 > to.units.length) grow(to, text.length + 2)
  const { length, units } = to
  units[length] = quote
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    if (unit > 0x7e || isEscaped(unit))
      return isWellFormed(text) && putEscaped(to, JSON.stringify(text))
    units[length + 1 + at] = unit
  }
  units[length + 1 + text.length] = quote
  to.length = length + text.length + 2
  return true
}

/** @category getters */
export const textOf = ({ length, units }: Units): string => {
  let text = ""
  // In pieces: each unit is an argument, and there is a limit to those.
  for (let at = 0; at < length; at += pieceUnits)
    text += textOfPiece(units.subarray(at, Math.min(at + pieceUnits, length)))
  return text
}

const textOfPiece = (units: Uint16Array) => String.fromCharCode.apply(null, units as never)

const keptMax = 2 ** 20
const pieceUnits = 4096
const quote = 0x22

const putEscaped = (to: Units, text: string): boolean => {
  if (to.length + text.length > to.units.length) grow(to, text.length)
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    to.units[to.length + at] = unit
    to.extra += extraBytes(unit)
  }
  to.length += text.length
  return true
}

const grow = (to: Units, by: number) => {
  const units = new Uint16Array(2 * (to.length + by))
  units.set(to.units.subarray(0, to.length))
  to.units = units
}
