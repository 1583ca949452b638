/** What the tests of this package share: layers, covers and bytes. */
import * as Aead from "effect/crypto/Aead"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { existsSync } from "node:fs"
import sharp from "sharp"
import { Carrier, type CarrierOptions } from "../src/Carrier.ts"

export const Crypto = Aead.layerWebCrypto.pipe(Layer.provideMerge(SecureRandom.layerWebCrypto))

export const carrierLayer = (options?: CarrierOptions) =>
  Layer.merge(Carrier.layer(options), Crypto)

/** Bytes that look random and are the same in every run. */
export const noise = (size: number, seed = 1): Uint8Array => {
  let state = (seed * 2654435761) >>> 0 || 1
  return Uint8Array.from({ length: size }, () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state & 0xff
  })
}

export const text = (content: string): Uint8Array => new TextEncoder().encode(content)

export const same = (left: Uint8Array, right: Uint8Array) => Buffer.compare(left, right) === 0

/** The tag of the error, or "Success". */
export const tagOf = <A, E extends { readonly _tag: string }, R>(self: Effect.Effect<A, E, R>) =>
  Effect.match(self, { onSuccess: () => "Success", onFailure: (error) => error._tag })

export const vips = <A>(run: () => Promise<A>) => Effect.promise(run)

/** A sharp pipeline that starts from pixels that vary. */
export const pixels = (width: number, height: number, channels: 1 | 3 | 4 = 3, seed = 3) =>
  sharp(noise(width * height * channels, seed), { raw: { width, height, channels } })

export const cover = (width: number, height: number, seed = 3) =>
  vips(() => pixels(width, height, 3, seed).png({ compressionLevel: 1 }).toBuffer())

/** The RGB samples of a picture, as libvips reads them. */
export const samplesOf = (file: Uint8Array) =>
  vips(() => sharp(file).raw().toBuffer({ resolveWithObject: true }))

/** The folder with photographs, where DISTRI_DATA names one that has it. */
export const photographs = `${process.env["DISTRI_DATA"] ?? "data"}/images`
export const withoutPhotographs = !existsSync(`${photographs}/sample-600x400.jpg`)

export { default as sharp } from "sharp"
