/** The random numbers of one process, in the two forms in which Effect gives them to a program. */
import * as SecureRandom from "effect/crypto/SecureRandom"
import type * as EffectRandom from "effect/Random"
import type { Random } from "../random/Random.ts"

export const simRandom = (random: Random): EffectRandom.Random => ({
  nextDoubleUnsafe: () => fraction(random),
  nextIntUnsafe: () => Math.floor((2 * fraction(random) - 1) * Number.MAX_SAFE_INTEGER)
})

/** Secure in nothing but its name. */
export const simSecureRandom = (random: Random): SecureRandom.SecureRandom["Service"] =>
  SecureRandom.make((size) => Uint8Array.from({ length: size }, () => random.below(256)))

/** In [0, 1), in steps of 2^-53. */
const fraction = (random: Random): number =>
  ((random.uint32() >>> 5) * 2 ** 26 + (random.uint32() >>> 6)) / 2 ** 53
