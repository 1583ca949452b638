/**
 * Writes numbers, texts and bytes one after the other, each value in exactly one form.
 *
 * - number: seven bits a byte, the lowest first; the high bit says that more follow.
 * - text: length in bytes, then UTF-8. A half of a surrogate pair that stands alone is written like any
 *   other code point of three bytes, so that every string survives and no two become one.
 * - bytes: length, then the bytes.
 *
 * The buffer grows when `size` was guessed too low, so a guess only costs time.
 */
import { invariant } from "../invariant.ts"

export class Writer {
  private bytes: Uint8Array<ArrayBuffer>
  private length = 0

  constructor(size: number) {
    this.bytes = new Uint8Array(size)
  }

  byte(value: number): void {
    if (this.length === this.bytes.length) this.grow(1)
    this.bytes[this.length++] = value
  }

  flag(value: boolean): void {
    this.byte(value ? 1 : 0)
  }

  /** A whole number from 0 to 2^53 - 1. */
  number(value: number): void {
    invariant(
      Number.isSafeInteger(value) && value >= 0,
      "RA7: a number is whole and from 0 to 2^53 - 1"
    )
    if (this.length + 8 > this.bytes.length) this.grow(8)
    const bytes = this.bytes
    let length = this.length
    // Operators on bits see the lowest 32 only.
    while (value >= 0x1000_0000) {
      bytes[length++] = (value % 128) | 128
      value = Math.floor(value / 128)
    }
    while (value >= 128) {
      bytes[length++] = (value & 127) | 128
      value >>>= 7
    }
    bytes[length++] = value
    this.length = length
  }

  data(data: Uint8Array): void {
    this.number(data.length)
    if (this.length + data.length > this.bytes.length) this.grow(data.length)
    this.bytes.set(data, this.length)
    this.length += data.length
  }

  text(text: string): void {
    const size = textBytes(text)
    this.number(size)
    if (this.length + size > this.bytes.length) this.grow(size)
    const bytes = this.bytes
    let length = this.length
    for (let at = 0; at < text.length; at++) {
      const unit = text.charCodeAt(at)
      if (unit < 0x80) bytes[length++] = unit
      else if (unit < 0x800) {
        bytes[length++] = 0xc0 | (unit >> 6)
        bytes[length++] = 0x80 | (unit & 63)
      } else {
        const point = text.codePointAt(at)!
        if (point > 0xffff) {
          at++
          bytes[length++] = 0xf0 | (point >> 18)
          bytes[length++] = 0x80 | ((point >> 12) & 63)
        } else bytes[length++] = 0xe0 | (point >> 12)
        bytes[length++] = 0x80 | ((point >> 6) & 63)
        bytes[length++] = 0x80 | (point & 63)
      }
    }
    this.length = length
  }

  /** A view of what was written. The writer is not to be used after this. */
  finish(): Uint8Array {
    return this.bytes.subarray(0, this.length)
  }

  private grow(by: number): void {
    const larger = new Uint8Array(Math.max(2 * this.bytes.length, this.length + by, 32))
    larger.set(this.bytes.subarray(0, this.length))
    this.bytes = larger
  }
}

const textBytes = (text: string): number => {
  let size = text.length
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit >= 0x80) size += unit < 0x800 ? 1 : 2
    // The two units of a pair take four bytes.
    if (unit >= 0xd800 && text.codePointAt(at)! > 0xffff) at++
  }
  return size
}
