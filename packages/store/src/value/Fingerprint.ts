/**
 * 52-bit fingerprints of texts, and sums of them that do not depend on order.
 *
 * They find divergence and misuse, by accident or by a bug. They are no protection against someone
 * who looks for a collision. 52 bits, because a sum of two is then still an exact number.
 */

const modulus = 2 ** 52

/**
 * Two multiply-and-rotate lanes of 32 bits, each ending in the finalizer of MurmurHash3.
 *
 * @category constructors
 */
export const of = (text: string): number => {
  let low = 0x2545f491
  let high = 0x6c8e9cf5
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at)
    low = Math.imul(rotate(low ^ unit, 13), 0xcc9e2d51)
    high = Math.imul(rotate(high ^ unit, 17), 0x1b873593)
  }
  low = finish(low ^ text.length ^ (high >>> 11))
  high = finish(high ^ low)
  return (high & 0xfffff) * 2 ** 32 + low
}

/** @category combinators */
export const add = (sum: number, fingerprint: number): number => (sum + fingerprint) % modulus

/** Takes back an `add`. @category combinators */
export const subtract = (sum: number, fingerprint: number): number =>
  (sum - fingerprint + modulus) % modulus

/** 13 hexadecimal digits. @category getters */
export const toHex = (fingerprint: number): string => fingerprint.toString(16).padStart(13, "0")

const rotate = (lane: number, by: number) => (lane << by) | (lane >>> (32 - by))

const finish = (lane: number) => {
  let mixed = Math.imul(lane ^ (lane >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
