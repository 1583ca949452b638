/**
 * Decides how large a picture must be to carry a body.
 *
 * One pixel of RGB has three samples. The header takes one bit of each of the first 256; the body
 * takes `bits` of each one after that. A picture of exactly that many pixels is all noise in its
 * low bits, so nothing of it is wasted on pixels that carry nothing.
 */

/** @category models */
export interface Size {
  readonly width: number
  readonly height: number
}

/** Low bits of a sample that carry the body. @category models */
export type Bits = 1 | 2 | 4

/** @category models */
export type SizePolicy = "crop" | "fit" | "keep"

/** Samples under the header: 32 bytes at one bit each. @category constants */
export const headerSamples = 256
/** The most pixels of a picture that we write or read. @category constants */
export const pixelsMax = 40_000_000
/** Neither side of a cover is made smaller than this. @category constants */
export const sideMin = 64
// Long thin pictures pay a byte a row, and a last row that is mostly padding: IM12 bounds both.
const proportionMax = 16

/** @category functions */
export const samplesFor = (bodyBytes: number, bits: Bits): number =>
  headerSamples + (bodyBytes * 8) / bits

/** The longest body that so many samples carry. @category functions */
export const capacityBytes = (samples: number, bits: Bits): number =>
  Math.max(0, Math.floor(((samples - headerSamples) * bits) / 8))

/** @category functions */
export const pixelsOf = ({ height, width }: Size): number => width * height

/**
 * The size of the picture that carries a body on this cover. It may have more than `pixelsMax`
 * pixels: the caller refuses those.
 *
 * `keep` is the cover's own size when the body fits. Otherwise the proportions stay, up to 16 to
 * 1, and the area is what the body needs.
 *
 * @category functions
 * @since 0.1.0
 */
export const target = (cover: Size, samples: number, policy: SizePolicy): Size => {
  const pixels = Math.ceil(samples / 3)
  if (policy === "keep" && pixels <= pixelsOf(cover)) return cover
  const wide = cover.width >= cover.height
  const long = wide ? cover.width : cover.height
  const short = wide ? cover.height : cover.width
  // The short side is rounded first: then the long one exceeds the need by less than one short row.
  const exact = Math.sqrt(pixels / Math.min(long / short, proportionMax))
  const shortSide = Math.max(Math.ceil(exact - 1e-9), Math.min(sideMin, short))
  const longSide = Math.max(Math.ceil(pixels / shortSide), Math.min(sideMin, long))
  return wide ? { width: longSide, height: shortSide } : { width: shortSide, height: longSide }
}
