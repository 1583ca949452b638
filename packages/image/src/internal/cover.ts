/**
 * Reads covers and brings them to size.
 *
 * A cover is untrusted: its format is checked by its first bytes, then by what the decoder says,
 * and its dimensions by its header, all before a pixel is decoded. What comes out is bare RGB, so
 * none of its metadata can get any further (IM4).
 */
import * as Effect from "effect/Effect"
import {
  CoverDamaged,
  type CoverError,
  CoverTooLarge,
  type ImageTimedOut,
  UnsupportedCover
} from "../ImageError.ts"
import { pixelsOf, type Size, type SizePolicy } from "../pure/CoverSize.ts"
import { formatOf } from "../pure/MagicBytes.ts"
import * as Sliced from "./sliced.ts"
import * as Vips from "./vips.ts"

/** RGB, 8 bits a sample, row after row. */
export interface Pixels extends Size {
  readonly samples: Uint8Array
}

const bytesMax = 16 * 1024 * 1024
const pixelsMax = 24_000_000
const allowed = ["jpeg", "png", "webp"]

/** The size of a cover as it will be seen, from its header alone. */
export const inspect: (bytes: Uint8Array) => Effect.Effect<Size, CoverError> = Effect.fnUntraced(
  function* (bytes) {
    const format = formatOf(bytes)
    if (!allowed.includes(format)) return yield* new UnsupportedCover({ found: format, allowed })
    if (bytes.length > bytesMax) {
      return yield* new CoverTooLarge({ found: bytes.length, max: bytesMax, unit: "bytes" })
    }
    const header = yield* Vips.run(
      () => Vips.open(bytes, { ...Vips.carefully, limitInputPixels: false }).metadata(),
      () => new CoverDamaged()
    )
    if (header.format !== format) {
      return yield* new UnsupportedCover({ found: "something else", allowed })
    }
    const found = pixelsOf(header)
    if (found > pixelsMax)
      return yield* new CoverTooLarge({ found, max: pixelsMax, unit: "pixels" })
    return header.autoOrient
  }
)

/** The pixels of a cover that `inspect` accepted. */
export const decode = (bytes: Uint8Array): Effect.Effect<Pixels, CoverDamaged | ImageTimedOut> =>
  Vips.run(
    () =>
      Vips.open(bytes, { ...Vips.carefully, limitInputPixels: pixelsMax })
        .autoOrient()
        .toColourspace("srgb")
        .removeAlpha()
        .raw()
        .toBuffer({ resolveWithObject: true }),
    () => new CoverDamaged()
  ).pipe(
    Effect.flatMap(({ data, info }) =>
      info.channels === 3
        ? Effect.succeed({ samples: data, width: info.width, height: info.height })
        : Effect.fail(new CoverDamaged())
    )
  )

/** New samples of size `to`, which the caller may write into. `cover` stays as it is. */
export const bringTo = (
  cover: Pixels,
  to: Size,
  policy: SizePolicy
): Effect.Effect<Uint8Array, ImageTimedOut> => {
  const inside = to.width <= cover.width && to.height <= cover.height
  const same = to.width === cover.width && to.height === cover.height
  return same || (inside && policy === "crop") ? Sliced.run(centre(cover, to)) : resize(cover, to)
}

const resize = ({ height, samples, width }: Pixels, to: Size) =>
  Vips.run(() =>
    Vips.open(samples, { raw: { width, height, channels: 3 } })
      .resize(to.width, to.height, { fit: "fill", kernel: "linear" })
      .raw()
      .toBuffer()
  )

/** Copies the window in the middle, about a megabyte a slice. */
function* centre(cover: Pixels, to: Size): Generator<void, Uint8Array> {
  const stride = to.width * 3
  const samples = new Uint8Array(stride * to.height)
  const left = ((cover.width - to.width) >> 1) * 3
  const top = (cover.height - to.height) >> 1
  const sliceRows = Math.ceil((1 << 20) / stride)
  for (let y = 0; y < to.height; y++) {
    const from = (top + y) * cover.width * 3 + left
    samples.set(cover.samples.subarray(from, from + stride), y * stride)
    if (y % sliceRows === sliceRows - 1) yield
  }
  return samples
}
