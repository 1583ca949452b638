/**
 * The two services of a node that hides pictures: `Encrypt` and `Hide`.
 *
 * `Encrypt` is the convenient one: the node sees the picture and the key, forgets both, and logs
 * neither. `Hide` is the one to prefer: the caller seals, and the node only ever sees noise.
 */
import * as Envelope from "@distri/core/peer/Envelope"
import * as Service from "@distri/core/service/Service"
import * as Aead from "effect/crypto/Aead"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as Schema from "effect/Schema"
import * as Semaphore from "effect/Semaphore"
import { Carrier, type CarrierOptions } from "./Carrier.ts"
import { HideOptions } from "./HideOptions.ts"
import { type CoverError, ImageError } from "./ImageError.ts"

/**
 * The most bytes that `Encrypt` and `Hide` take as content by default: 4 MiB, so that the picture,
 * four times as large, still fits an answer. With 4 bits a sample it is twice as much, and carrier
 * `none` takes what an answer holds.
 *
 * @category constants
 * @since 0.1.0
 */
export const contentMaxBytes = 4 * 1024 * 1024

// An answer has at most 16 MiB; some of it is the key and the frame around it.
const answerMaxBytes = 16 * 1024 * 1024 - 4096

const parseOptions = Schema.decodeEffect(Schema.fromJsonString(Schema.toCodecJson(HideOptions)))

/** At byte level the options are one parameter of JSON, and none is the defaults. */
const optionsFrom = (params: ReadonlyArray<string>): Effect.Effect<HideOptions, string> =>
  params[0] === undefined
    ? Effect.succeed({})
    : Effect.mapError(parseOptions(params[0]), (error) => error.message)

/**
 * Seals a picture and hides it. **The node sees the picture and the key**; who minds uses `Hide`.
 *
 * As bytes: the data is the picture, from 1 byte of anything; the reply is the key (32 bytes)
 * and then the file, which `Envelope.split` takes apart. An optional parameter holds the options
 * as JSON: `{"bits":4}`.
 *
 * @category services
 * @since 0.1.0
 */
export class Encrypt extends Service.make("Encrypt", {
  payload: Schema.Struct({ data: Schema.Uint8Array, options: Schema.optionalKey(HideOptions) }),
  success: Schema.Struct({
    file: Schema.Uint8Array,
    key: Envelope.ContentKey,
    sealId: Schema.Uint8Array
  }),
  error: ImageError,
  repeat: "pure",
  concurrency: "cores",
  bytes: {
    decode: (data, params) => Effect.map(optionsFrom(params), (options) => ({ data, options })),
    encode: ({ file, key }) => Effect.sync(() => Envelope.join(key, file))
  }
}) {}

/**
 * Hides what the caller has sealed. The node sees no content and no key.
 *
 * As bytes: the data is what `Envelope.toBytes` gives; the reply is the picture. An optional
 * parameter holds the options as JSON.
 *
 * @category services
 * @since 0.1.0
 */
export class Hide extends Service.make("Hide", {
  payload: Schema.Struct({ file: Schema.Uint8Array, options: Schema.optionalKey(HideOptions) }),
  success: Schema.Uint8Array,
  error: ImageError,
  repeat: "pure",
  concurrency: "cores",
  bytes: {
    decode: (file, params) => Effect.map(optionsFrom(params), (options) => ({ file, options }))
  }
}) {}

/**
 * `Encrypt` and `Hide` for a node: `ImageServices.layer({ concurrency: cores })` serves both.
 *
 * @category services
 * @since 0.1.0
 */
export class ImageServices extends RpcGroup.make(Encrypt, Hide) {
  /** The handlers, with all they need. Fails when `options.cover` is not a cover. */
  static readonly layer = (
    options: Omit<CarrierOptions, "fileMax"> = {}
  ): Layer.Layer<Layer.Success<typeof handlers>, CoverError> =>
    handlers.pipe(
      Layer.provide(Carrier.layer({ ...options, fileMax: answerMaxBytes })),
      Layer.provide(Aead.layerWebCrypto),
      Layer.provide(SecureRandom.layerWebCrypto)
    )
}

const handlers = ImageServices.toLayer(
  Effect.gen(function* () {
    const carrier = yield* Carrier
    // Sealing copies the content twice. Many at once would copy in one turn of the event loop.
    const sealing = yield* Semaphore.make(1)
    const crypto = yield* Effect.context<Aead.Aead | SecureRandom.SecureRandom>()
    return {
      Encrypt: Effect.fnUntraced(function* ({ data, options }) {
        yield* withinLimit(data.length, options)
        const { key, ...sealed } = yield* sealing.withPermit(
          Effect.provideContext(Envelope.seal(data), crypto)
        )
        const file = yield* carrier.hide(sealed, options)
        return { file, key, sealId: sealed.sealId }
      }),
      Hide: Effect.fnUntraced(function* ({ file, options }) {
        yield* withinLimit(file.length - sealedOverheadBytes, options)
        return yield* carrier.hide(yield* Envelope.fromBytes(file), options)
      })
    }
  })
)

const sealedOverheadBytes = 60 // header, nonce and tag

const withinLimit = (need: number, { bits = 2, carrier }: HideOptions = {}) => {
  const max =
    carrier === "none" ? answerMaxBytes - sealedOverheadBytes : (contentMaxBytes * bits) / 2
  return need <= max ? Effect.void : Effect.fail(new Envelope.PayloadTooLarge({ need, max }))
}
