/**
 * Pictures for demonstrations and load tests, painted here: nobody's photograph, no file to ship.
 */
import * as Effect from "effect/Effect"
import { storedPng } from "./internal/pngWriter.ts"
import * as Sliced from "./internal/sliced.ts"
import * as Vips from "./internal/vips.ts"
import { landscape } from "./pure/Landscape.ts"

/**
 * A JPEG of 600 x 400 that looks like a photograph and has the size of one, about 80 kB. Always
 * the same for one release of sharp.
 *
 * @category constructors
 * @since 0.1.0
 */
export const samplePicture: Effect.Effect<Uint8Array> = Effect.gen(function* () {
  const size = { width: 600, height: 400 }
  const samples = yield* Sliced.run(landscape({ ...size, seed: 7, grain: 12 }))
  return yield* Effect.orDie(
    Vips.run(() =>
      Vips.open(samples, { raw: { ...size, channels: 3 } })
        .jpeg({ quality: 92 })
        .toBuffer()
    )
  )
})

/**
 * A small PNG, about 3 kB, that differs for every `seed`. Made in well under a millisecond, so a
 * load test can give each of thousands of clients its own.
 *
 * @category constructors
 * @since 0.1.0
 */
export const distinctPicture = (seed: number): Uint8Array => {
  const size = { width: 36, height: 27 }
  const samples = Sliced.runSync(landscape({ ...size, seed, grain: 6 }))
  // Grain might agree by chance; the seed in the first pixels does not.
  new DataView(samples.buffer).setFloat64(0, seed)
  return Sliced.runSync(storedPng(samples, size))
}
