/** Bytes as text, by the standard alphabet with padding. One text for each sequence of bytes. */

const alphabet = new TextEncoder().encode(
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
)
const padding = 0x3d
const ascii = new TextDecoder()

/** What each code unit below 128 stands for; 64: nothing. */
const digits = new Uint8Array(128).fill(64)
alphabet.forEach((unit, digit) => {
  digits[unit] = digit
})

/** @category encoding */
export const encode = (bytes: Uint8Array): string => {
  const out = new Uint8Array(Math.ceil(bytes.length / 3) * 4)
  for (let at = 0, to = 0; at < bytes.length; at += 3, to += 4) {
    const rest = bytes.length - at
    const three = (bytes[at]! << 16) | ((bytes[at + 1] ?? 0) << 8) | (bytes[at + 2] ?? 0)
    out[to] = alphabet[three >>> 18]!
    out[to + 1] = alphabet[(three >>> 12) & 63]!
    out[to + 2] = rest > 1 ? alphabet[(three >>> 6) & 63]! : padding
    out[to + 3] = rest > 2 ? alphabet[three & 63]! : padding
  }
  return ascii.decode(out)
}

/** Nothing, unless `text` is exactly what `encode` gives for some bytes. @category decoding */
export const decode = (text: string): Uint8Array | undefined => {
  if (text.length % 4 !== 0) return undefined
  const padded = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0
  const out = new Uint8Array((text.length / 4) * 3 - padded)
  const end = text.length - padded
  let held = 0
  for (let at = 0, to = 0; at < end; at += 1) {
    const digit = digits[text.charCodeAt(at)] ?? 64
    if (digit === 64) return undefined
    held = ((held << 6) | digit) & 0xffffff
    if (at % 4 === 0) continue
    // After the second, third and fourth digit 4, 2 and 0 bits are left for the next byte.
    out[to] = held >>> (6 - 2 * (at % 4))
    to += 1
  }
  // The bits that no byte takes are zero, else two texts would stand for the same bytes.
  const unused = padded === 2 ? 0xf : padded === 1 ? 0x3 : 0
  return (held & unused) === 0 ? out : undefined
}
