/**
 * Hides a sealed body in a picture, and finds it again.
 *
 * What protects the content is the seal. The picture is a disguise: whoever looks for low-bit
 * embedding will detect it, and then has sealed bytes. It survives lossless re-encoding, and does
 * not survive JPEG or resizing, as chat and photo applications do.
 *
 * ```
 * decoded cover -> window of the size the body needs -> low bits replaced -> PNG, rows stored
 * ```
 *
 * No request decodes or compresses anything with the defaults, so time and size follow the
 * payload and not the cover.
 */
import * as Envelope from "@distri/core/peer/Envelope"
import * as EnvelopeHeader from "@distri/core/peer/pure/EnvelopeHeader"
import * as ByteSize from "effect/ByteSize"
import * as Context from "effect/Context"
import * as Digest from "effect/crypto/Digest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { HideOptions } from "./HideOptions.ts"
import { type CoverError, CoverTooLarge, type ImageError } from "./ImageError.ts"
import * as Admission from "./internal/admission.ts"
import * as Cover from "./internal/cover.ts"
import * as CoverCache from "./internal/coverCache.ts"
import * as Find from "./internal/find.ts"
import { storedPng, storedPngBytes } from "./internal/pngWriter.ts"
import * as Sliced from "./internal/sliced.ts"
import * as Vips from "./internal/vips.ts"
import * as CoverSize from "./pure/CoverSize.ts"
import { landscape } from "./pure/Landscape.ts"
import * as LowBits from "./pure/LowBits.ts"
import { isBareEnvelope } from "./pure/MagicBytes.ts"

/**
 * @category configuration
 * @since 0.1.0
 */
export interface CarrierOptions {
  /** Jobs that run at once; default 2. Pass the number of cores: more only adds memory. */
  readonly concurrency?: number
  /** Jobs that wait for one of those; default 16. The next one is refused as `Overloaded`. */
  readonly waiting?: number
  /** What all jobs may take together; default 256 MiB. Under it, jobs are refused early. */
  readonly memory?: ByteSize.Input
  /** The largest file that `hide` writes; default, and at most, 128 MiB, which `find` reads. */
  readonly fileMax?: ByteSize.Input
  /** The cover for callers who send none: a JPEG, PNG or WebP file. Default: a painted landscape. */
  readonly cover?: Uint8Array
  /**
   * Leaves libvips its three decoders, no cache and one thread a job. For the whole process, so
   * only where nothing else uses sharp. Default false.
   */
  readonly hardenSharp?: boolean
}

/**
 * @category services
 * @since 0.1.0
 */
export class Carrier extends Context.Service<
  Carrier,
  {
    /** The body as a file: a PNG, or with carrier `none` the sealed bytes. Needs no key. */
    readonly hide: (
      sealed: Envelope.SealedBody,
      options?: HideOptions
    ) => Effect.Effect<Uint8Array, ImageError>

    /** The body in a file that `hide` made, whatever the carrier. */
    readonly find: (file: Uint8Array) => Effect.Effect<Envelope.SealedBody, ImageError>
  }
>()("@distri/image/Carrier") {
  /** Fails when `options.cover` is not a cover. */
  static readonly layer = (options: CarrierOptions = {}): Layer.Layer<Carrier, CoverError> =>
    Layer.effect(Carrier, make(options)).pipe(Layer.provide(Digest.layerWebCrypto))
}

const coverCacheMaxBytes = 64 * 1024 * 1024

const bytesOf = (size: ByteSize.Input | undefined, otherwise: number) =>
  size === undefined ? otherwise : ByteSize.toNumberUnsafe(ByteSize.fromInputUnsafe(size))

const make = Effect.fnUntraced(function* (options: CarrierOptions) {
  if (options.hardenSharp === true) yield* Vips.harden
  const covers = yield* makeCovers(options.cover)
  const fileMaxBytes = Math.min(bytesOf(options.fileMax, Find.fileMaxBytes), Find.fileMaxBytes)
  const admission = Admission.make({
    concurrency: options.concurrency ?? 2,
    waitingMax: options.waiting ?? 16,
    memoryMaxBytes: bytesOf(options.memory, 256 * 1024 * 1024)
  })

  const hideInPicture = Effect.fnUntraced(function* (
    sealed: Envelope.SealedBody,
    { bits = 2, compression, cover: wanted = {} }: HideOptions,
    reserve: Admission.Reserve
  ): Effect.fn.Return<Uint8Array, ImageError> {
    const { body } = sealed
    const policy = wanted.size ?? "crop"
    const cover = yield* covers(wanted.bytes)
    const size = CoverSize.target(cover, CoverSize.samplesFor(body.length, bits), policy)
    const store = storedPngBytes(size) <= fileMaxBytes && compression !== "small"
    if (CoverSize.pixelsOf(size) > CoverSize.pixelsMax || (!store && compression === "store")) {
      return yield* tooLarge(body, size, fileMaxBytes, bits)
    }
    yield* reserve(cover.decodeBytes + 4 * CoverSize.pixelsOf(size) + 5 * body.length)
    const samples = aligned(yield* Cover.bringTo(yield* cover.pixels, size, policy))
    const header = EnvelopeHeader.write(bits, sealed.sealId, body.length)
    yield* Sliced.run(LowBits.embed(samples, 0, header, 1))
    yield* Sliced.run(LowBits.embed(samples, CoverSize.headerSamples, body, bits))
    if (store) return yield* Sliced.run(storedPng(samples, size))
    const file = yield* smallPng(samples, size)
    return file.length <= fileMaxBytes ? file : yield* tooLarge(body, size, fileMaxBytes, bits)
  })

  return Carrier.of({
    hide: (sealed, hideOptions = {}) =>
      hideOptions.carrier === "none"
        ? Effect.sync(() => Envelope.toBytes(sealed))
        : admission.run(sealed.body.length + (hideOptions.cover?.bytes?.length ?? 0), (reserve) =>
            hideInPicture(sealed, hideOptions, reserve)
          ),
    find: (file) =>
      isBareEnvelope(file)
        ? Envelope.fromBytes(file)
        : admission.run(0, (reserve) => Find.inPicture(file, reserve))
  })
})

interface AvailableCover extends CoverSize.Size {
  readonly decodeBytes: number
  readonly pixels: Effect.Effect<Cover.Pixels, CoverError>
}

const decoded = (pixels: Cover.Pixels): AvailableCover => ({
  width: pixels.width,
  height: pixels.height,
  decodeBytes: 0,
  pixels: Effect.succeed(pixels)
})

/** Finds the cover for a call: our own, one that was decoded before, or one to decode. */
const makeCovers = Effect.fnUntraced(function* (ownFile: Uint8Array | undefined) {
  const digest = yield* Digest.Digest
  const cache = CoverCache.make(coverCacheMaxBytes)
  const own = decoded(
    ownFile === undefined
      ? yield* defaultCover
      : yield* Effect.andThen(Cover.inspect(ownFile), Cover.decode(ownFile))
  )
  return Effect.fnUntraced(function* (
    file: Uint8Array | undefined
  ): Effect.fn.Return<AvailableCover, CoverError> {
    if (file === undefined) return own
    const size = yield* Cover.inspect(file)
    const hash = yield* digest.digestHex(Digest.sha256, file)
    const known = cache.get(hash)
    if (known !== undefined) return decoded(known)
    return {
      ...size,
      decodeBytes: 4 * CoverSize.pixelsOf(size),
      pixels: Effect.tap(Cover.decode(file), (pixels) => Effect.sync(() => cache.set(hash, pixels)))
    }
  })
})

const defaultCover: Effect.Effect<Cover.Pixels> = Effect.suspend(() => {
  const size = { width: 960, height: 640 }
  return Effect.map(Sliced.run(landscape({ ...size, seed: 20, grain: 3 })), (samples) => ({
    ...size,
    samples
  }))
})

/** What fits is the smaller of two limits: pixels, and the file, rows stored, with 64 KiB to spare. */
const tooLarge = (
  body: Uint8Array,
  picture: CoverSize.Size,
  fileMaxBytes: number,
  bits: CoverSize.Bits
) => {
  const samplesMax = Math.min(CoverSize.pixelsMax * 3, Math.max(0, fileMaxBytes - 65_536))
  const need = body.length - EnvelopeHeader.bodyOverheadBytes
  const max = Math.max(
    0,
    CoverSize.capacityBytes(samplesMax, bits) - EnvelopeHeader.bodyOverheadBytes
  )
  if (need > max) return new Envelope.PayloadTooLarge({ need, max })
  // The body would fit: it is the kept cover that is too large for an answer.
  const found = CoverSize.pixelsOf(picture)
  return new CoverTooLarge({ found, max: Math.floor(samplesMax / 3), unit: "pixels" })
}

/** sharp may hand out a piece of a pool; embedding needs a multiple of four. */
const aligned = (samples: Uint8Array) =>
  samples.byteOffset % 4 === 0 ? samples : new Uint8Array(samples)

const smallPng = (samples: Uint8Array, { height, width }: CoverSize.Size) =>
  Vips.run(() =>
    Vips.open(samples, { raw: { width, height, channels: 3 } })
      .png({ compressionLevel: 6, palette: false, adaptiveFiltering: false })
      .toBuffer()
  )
