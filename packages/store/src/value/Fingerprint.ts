/**
 * 52-bit fingerprints of texts, and sums of them that do not depend on order.
 *
 * They find divergence and misuse, by accident or by a bug. They are no protection against someone
 * who looks for a collision. 52 bits, because a sum of two is then still an exact number.
 */

const modulus = 2 ** 52

/**
 * Two multiply-and-rotate lanes of 32 bits that take two code units at a time, each ending in the
 * finalizer of MurmurHash3.
 *
 * @category constructors
 */
export const of = (text: string): number => {
  let low = lowStart
  let high = highStart
  const even = text.length & ~1
  for (let at = 0; at < even; at += 2) {
    const word = text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16)
    low = Math.imul(rotate(low ^ word, 13), lowFactor)
    high = Math.imul(rotate(high ^ word, 17), highFactor)
  }
  const last = even < text.length ? text.charCodeAt(even) : 0
  return finish(low, high, last, text.length)
}

/** `of` the text whose code units are the first `length` of `units`. @category constructors */
export const ofUnits = (units: Uint16Array, length: number): number => {
  let low = lowStart
  let high = highStart
  const even = length & ~1
  for (let at = 0; at < even; at += 2) {
    const word = units[at]! | (units[at + 1]! << 16)
    low = Math.imul(rotate(low ^ word, 13), lowFactor)
    high = Math.imul(rotate(high ^ word, 17), highFactor)
  }
  return finish(low, high, even < length ? units[even]! : 0, length)
}

/** @category combinators */
export const add = (sum: number, fingerprint: number): number => (sum + fingerprint) % modulus

/** Takes back an `add`. @category combinators */
export const subtract = (sum: number, fingerprint: number): number =>
  (sum - fingerprint + modulus) % modulus

/** 13 hexadecimal digits. @category getters */
export const toHex = (fingerprint: number): string => fingerprint.toString(16).padStart(13, "0")

const lowStart = 0x2545f491
const highStart = 0x6c8e9cf5
const lowFactor = 0xcc9e2d51
const highFactor = 0x1b873593

const rotate = (lane: number, by: number) => (lane << by) | (lane >>> (32 - by))

const finish = (low: number, high: number, last: number, length: number) => {
  const left = Math.imul(rotate(low ^ last, 13), lowFactor)
  const right = Math.imul(rotate(high ^ last, 17), highFactor)
  const mixed = mix(left ^ length ^ (right >>> 11))
  return (mix(right ^ mixed) & 0xfffff) * 2 ** 32 + mixed
}

const mix = (lane: number) => {
  let mixed = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
