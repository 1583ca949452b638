/**
 * Seals bytes so that only the holder of a key can read them, and opens them again.
 *
 * Every seal makes its own key, so a key protects one content and no nonce can meet the same key
 * twice. What comes out is a body of noise and a key; whoever has both has the content. The body
 * travels as a file of its own (`toBytes`) or inside a picture (the package `image`), and may
 * change from one to the other without the key.
 *
 * ```
 * content -> AES-256-GCM(fresh key, random nonce, "distri/img/1" || seal id)
 *         -> body = nonce 12 || ciphertext || tag 16
 * ```
 *
 * **Gotchas.** The length of the content is visible. Source: NIST SP 800-38D.
 */
import { Aead, aes256Gcm, key as makeAeadKey, toBytes as keyToBytes } from "effect/crypto/Aead"
import { SecureRandom } from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as EnvelopeHeader from "./pure/EnvelopeHeader.ts"
import {
  type EnvelopeError,
  HeaderDamaged,
  type HeaderError,
  PayloadEmpty,
  PayloadTooLarge,
  type SealError,
  WrongKeyOrTampered
} from "./pure/EnvelopeError.ts"

export * from "./pure/EnvelopeError.ts"

/**
 * The most bytes one seal takes: 16 MiB.
 *
 * @category constants
 * @since 0.1.0
 */
export const contentMaxBytes = 16 * 1024 * 1024

/**
 * @category constants
 * @since 0.1.0
 */
export const keyBytes = 32

/**
 * The 32 bytes that open one sealed content. Prints as `<redacted:ContentKey>`; `Redacted.value`
 * gives the bytes.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ContentKey = Schema.Redacted(
  Schema.Uint8Array.check(
    Schema.makeFilter((bytes) => bytes.length === keyBytes || "a content key has 32 bytes")
  ),
  { label: "ContentKey" }
)

/** @category models */
export type ContentKey = typeof ContentKey.Type

/**
 * Sealed bytes without their key: all that a carrier needs.
 *
 * @category models
 * @since 0.1.0
 */
export interface SealedBody {
  /** 16 random bytes, bound to the body: neither can be exchanged alone. */
  readonly sealId: Uint8Array
  /** Nonce, ciphertext and tag: the content's length and 28 bytes. */
  readonly body: Uint8Array
}

/**
 * @category models
 * @since 0.1.0
 */
export interface Sealed extends SealedBody {
  readonly key: ContentKey
}

const nonceBytes = aes256Gcm.nonceLength
const purpose = Uint8Array.from("distri/img/1", (letter) => letter.charCodeAt(0))

const additionalData = (sealId: Uint8Array) => concat(purpose, sealId)

/**
 * Seals `content`, 1 byte to 16 MiB, under a key of its own.
 *
 * @category functions
 * @since 0.1.0
 */
export const seal: (content: Uint8Array) => Effect.Effect<Sealed, SealError, Aead | SecureRandom> =
  Effect.fnUntraced(function* (content) {
    if (content.length === 0) return yield* new PayloadEmpty()
    if (content.length > contentMaxBytes) {
      return yield* new PayloadTooLarge({ need: content.length, max: contentMaxBytes })
    }
    const aead = yield* Aead
    const random = yield* SecureRandom
    const sealId = yield* random.randomBytes(EnvelopeHeader.sealIdBytes)
    const nonce = yield* random.randomBytes(nonceBytes)
    // Every argument is made here, so a failure of the cipher is a bug or a broken platform.
    const key = yield* Effect.orDie(aead.generateKey(aes256Gcm))
    const ciphertext = yield* Effect.orDie(
      aead.encrypt(key, content, { nonce, aad: additionalData(sealId) })
    )
    const bytes = yield* Effect.orDie(keyToBytes(key))
    return { key: contentKey(bytes), sealId, body: concat(nonce, ciphertext) }
  })

/**
 * The content of a sealed body. Wherever one bit of key, seal id or body differs, the answer is
 * `WrongKeyOrTampered` and no bytes at all.
 *
 * @category functions
 * @since 0.1.0
 */
export const unseal: (
  sealed: SealedBody,
  key: ContentKey
) => Effect.Effect<Uint8Array, WrongKeyOrTampered, Aead> = Effect.fnUntraced(
  function* ({ body, sealId }, key) {
    const aead = yield* Aead
    const secret = yield* makeAeadKey(aes256Gcm, Redacted.value(key))
    return yield* aead.decrypt(secret, body.subarray(nonceBytes), {
      nonce: body.subarray(0, nonceBytes),
      aad: additionalData(sealId)
    })
  },
  Effect.catchTag("CryptoError", (error) =>
    error.reason._tag === "Unsupported" ? Effect.die(error) : Effect.fail(new WrongKeyOrTampered())
  )
)

/**
 * The content of a file that `toBytes` made.
 *
 * @category functions
 * @since 0.1.0
 */
export const open = (
  file: Uint8Array,
  key: ContentKey
): Effect.Effect<Uint8Array, EnvelopeError, Aead> =>
  Effect.flatMap(fromBytes(file), (sealed) => unseal(sealed, key))

/**
 * The sealed body as a file: 32 bytes of header, then the body. Its usual extension is `.dst`.
 *
 * @category functions
 * @since 0.1.0
 */
export const toBytes = ({ body, sealId }: SealedBody): Uint8Array =>
  concat(EnvelopeHeader.write(0, sealId, body.length), body)

/**
 * The sealed body in a file that `toBytes` made. A file with less or more behind its header than
 * the header says is `HeaderDamaged`. The body is a view of `file`, not a copy.
 *
 * @category functions
 * @since 0.1.0
 */
export const fromBytes: (file: Uint8Array) => Effect.Effect<SealedBody, HeaderError> =
  Effect.fnUntraced(function* (file) {
    const header = EnvelopeHeader.read(
      file,
      (bits, bodyBytes) => bits === 0 && EnvelopeHeader.headerBytes + bodyBytes === file.length
    )
    if (header._tag !== "EnvelopeHeader") return yield* header
    return { sealId: header.sealId, body: file.subarray(EnvelopeHeader.headerBytes) }
  })

/**
 * The reply that a client gets as plain bytes: the key, then the file.
 *
 * @category functions
 * @since 0.1.0
 */
export const join = (key: ContentKey, file: Uint8Array): Uint8Array =>
  concat(Redacted.value(key), file)

/**
 * Takes a plain reply apart: 32 bytes of key, then the file. A reply that is too short for both
 * is `HeaderDamaged`. The file is a view of `reply`, not a copy.
 *
 * @category functions
 * @since 0.1.0
 */
export const split = (
  reply: Uint8Array
): Effect.Effect<{ readonly key: ContentKey; readonly file: Uint8Array }, HeaderDamaged> =>
  reply.length <= keyBytes
    ? Effect.fail(new HeaderDamaged())
    : Effect.succeed({
        key: contentKey(reply.slice(0, keyBytes)),
        file: reply.subarray(keyBytes)
      })

/**
 * A key from its 32 bytes, for a program that stored them.
 *
 * @category constructors
 * @since 0.1.0
 */
export const contentKey = (bytes: Uint8Array): ContentKey =>
  Redacted.make(bytes, { label: "ContentKey" })

const concat = (first: Uint8Array, second: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(first.length + second.length)
  bytes.set(first)
  bytes.set(second, first.length)
  return bytes
}
