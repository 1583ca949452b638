/**
 * Reads what a `Writer` wrote. It never throws: after the first thing that is wrong it remembers the
 * problem, stands at the end, and answers with zeros and empty values; look at `problem` when done.
 *
 * It takes each value in the one form that a `Writer` gives it, so bytes that are accepted come back
 * unchanged when the value is written again.
 */
import type { Malformed } from "./Malformed.ts"

export class Reader {
  problem: string | undefined = undefined
  private readonly bytes: Uint8Array
  private at = 0

  constructor(bytes: Uint8Array) {
    this.bytes = bytes
  }

  get remaining(): number {
    return this.bytes.length - this.at
  }

  fail(problem: string): void {
    this.problem ??= problem
    this.at = this.bytes.length
  }

  byte(): number {
    if (this.at < this.bytes.length) return this.bytes[this.at++]!
    this.fail("ends too early")
    return 0
  }

  /** A byte below `end`. */
  choice(end: number): number {
    const value = this.byte()
    if (value < end) return value
    this.fail("unknown choice")
    return 0
  }

  flag(): boolean {
    return this.choice(2) === 1
  }

  number(): number {
    let byte = this.byte()
    if (byte < 128) return byte
    let value = byte & 127
    for (let scale = 128; scale <= 2 ** 49; scale *= 128) {
      byte = this.byte()
      value += (byte & 127) * scale
      if (byte < 128) {
        if (byte === 0) this.fail("number is not in its shortest form")
        return this.bounded(value)
      }
    }
    this.fail("number is above 2^53 - 1")
    return 0
  }

  /** Both together, if that is still a number. */
  sum(left: number, right: number): number {
    return this.bounded(left + right)
  }

  /** How many things follow that take at least `least` bytes each: never more than there can be. */
  count(least: number): number {
    const count = this.number()
    if (count * least <= this.remaining) return count
    this.fail("ends too early")
    return 0
  }

  /** A view, not a copy. */
  data(): Uint8Array {
    const length = this.count(1)
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  text(): string {
    const end = this.count(1) + this.at
    let text = ""
    while (this.at < end && this.problem === undefined) {
      const byte = this.bytes[this.at]!
      if (byte < 0x80) {
        this.at++
        text += String.fromCharCode(byte)
      } else text += this.beyondAscii(end, text)
    }
    return text
  }

  /** `value`, or what is wrong. Nothing may follow. */
  finish<A>(value: A): A | Malformed {
    if (this.remaining > 0) this.fail("goes on after its end")
    return this.problem === undefined ? value : { _tag: "Malformed", problem: this.problem }
  }

  private bounded(value: number): number {
    if (value <= Number.MAX_SAFE_INTEGER) return value
    this.fail("number is above 2^53 - 1")
    return 0
  }

  /** The next character of a text that ends at `end`; `before` is what was read of it. */
  private beyondAscii(end: number, before: string): string {
    const head = this.byte()
    const more = head >= 0xf0 ? 3 : head >= 0xe0 ? 2 : 1
    const least = more === 3 ? 0x1_0000 : more === 2 ? 0x800 : 0x80
    let point = head & (0x3f >> more)
    let isValid = head >= 0xc0 && head < 0xf8 && this.at + more <= end
    for (let i = 0; i < more && isValid; i++) {
      const byte = this.byte()
      isValid = (byte & 0xc0) === 0x80
      point = (point << 6) | (byte & 0x3f)
    }
    // Two halves of a pair, each for itself, would be written as one character.
    const isSplit = isLowHalf(point) && isHighHalf(before.charCodeAt(before.length - 1))
    if (isValid && point >= least && point <= 0x10_ffff && !isSplit) {
      return String.fromCodePoint(point)
    }
    this.fail("text is not UTF-8")
    return ""
  }
}

const isHighHalf = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00
const isLowHalf = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000
