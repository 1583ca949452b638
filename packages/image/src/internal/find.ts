/**
 * Finds a sealed body in a file that a stranger may have written.
 *
 * Nothing is allocated on the word of a header: a body of noise cannot be longer than the file
 * that stores it, nor a PNG larger than deflate's best ratio (IM7). Only the rows that carry
 * something are decoded.
 */
import type { SealedBody } from "@distri/core/peer/Envelope"
import { HeaderDamaged, NotDistri } from "@distri/core/peer/Envelope"
import * as EnvelopeHeader from "@distri/core/peer/pure/EnvelopeHeader"
import * as Effect from "effect/Effect"
import { ImageDamaged, type ImageError } from "../ImageError.ts"
import * as CoverSize from "../pure/CoverSize.ts"
import * as LowBits from "../pure/LowBits.ts"
import { formatOf } from "../pure/MagicBytes.ts"
import type { Reserve } from "./admission.ts"
import * as Sliced from "./sliced.ts"
import * as Vips from "./vips.ts"

/** The largest picture that is opened, and so the largest that is written. */
export const fileMaxBytes = 128 * 1024 * 1024

const deflateRatioMax = 1032
const lossless = ["png", "webp"]

export const inPicture = Effect.fnUntraced(function* (
  file: Uint8Array,
  reserve: Reserve
): Effect.fn.Return<SealedBody, ImageError> {
  const size = yield* inspect(file)
  yield* reserve(4 * CoverSize.pixelsOf(size))
  const capacity = size.width * size.height * 3
  const top = yield* firstSamples(file, size, CoverSize.headerSamples)
  const header = EnvelopeHeader.read(
    yield* Sliced.run(LowBits.extract(top, 0, EnvelopeHeader.headerBytes, 1)),
    (bits, bodyBytes) =>
      bits !== 0 && bodyBytes <= CoverSize.capacityBytes(capacity, bits) && bodyBytes <= file.length
  )
  if (header._tag !== "EnvelopeHeader") return yield* header
  const { bits, bodyBytes, sealId } = header
  if (bits === 0) return yield* new HeaderDamaged()
  yield* reserve(2 * bodyBytes)
  const samples = yield* firstSamples(file, size, CoverSize.samplesFor(bodyBytes, bits))
  const body = yield* Sliced.run(LowBits.extract(samples, CoverSize.headerSamples, bodyBytes, bits))
  return { sealId, body }
})

/** The dimensions of a picture that can be one of ours: lossless RGB of 8 bits. */
const inspect = Effect.fnUntraced(function* (
  file: Uint8Array
): Effect.fn.Return<CoverSize.Size, ImageError> {
  const format = formatOf(file)
  if (!lossless.includes(format) || file.length > fileMaxBytes) return yield* new NotDistri()
  const header = yield* Vips.run(
    () => Vips.open(file, { ...Vips.carefully, limitInputPixels: false }).metadata(),
    () => new ImageDamaged()
  )
  const pixels = CoverSize.pixelsOf(header)
  const ours =
    header.format === format &&
    header.channels === 3 &&
    header.depth === "uchar" &&
    pixels <= CoverSize.pixelsMax &&
    pixels * 3 >= CoverSize.headerSamples
  if (!ours) return yield* new NotDistri()
  if (format === "png" && pixels * 3 > file.length * deflateRatioMax) {
    return yield* new ImageDamaged()
  }
  return header
})

/** The rows from the top that hold so many samples. The colours stay as the file has them. */
const firstSamples = (file: Uint8Array, size: CoverSize.Size, samples: number) =>
  Vips.run(
    () =>
      Vips.open(file, {
        ...Vips.carefully,
        limitInputPixels: CoverSize.pixelsMax,
        ignoreIcc: true
      })
        .extract({
          left: 0,
          top: 0,
          width: size.width,
          height: Math.ceil(samples / 3 / size.width)
        })
        .raw()
        .toBuffer(),
    () => new ImageDamaged()
  )
