/**
 * One number over all that happened, in order: two runs that differ anywhere end with different ones
 * (SIM1). Two lanes of 32 bits, because a multiplication of 64 bits needs a bigint.
 */
export class EventHash {
  private low = 0x811c9dc5
  private high = 0x9e3779b9

  get value(): string {
    return hexadecimal(this.high) + hexadecimal(this.low)
  }

  /** Takes in the low 32 bits of a whole number. */
  mix(bits: number): void {
    this.low = Math.imul(this.low ^ bits, 0x01000193)
    this.high = Math.imul(this.high ^ bits ^ (this.low >>> 15), 0x85ebca6b)
  }

  mixBytes(bytes: Uint8Array): void {
    this.mix(bytes.length)
    const whole = bytes.length & ~3
    for (let at = 0; at < whole; at += 4) {
      this.mix(bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24))
    }
    for (let at = whole; at < bytes.length; at++) this.mix(bytes[at]!)
  }

  mixText(text: string): void {
    this.mix(text.length)
    for (let at = 0; at < text.length; at++) this.mix(text.charCodeAt(at))
  }
}

const hexadecimal = (bits: number): string => (bits >>> 0).toString(16).padStart(8, "0")
