/**
 * What can be wrong with bytes to seal, and with a file to open.
 *
 * None of them carries content, a key or a name: they may cross a wire and reach a log (IM10).
 */
import * as Schema from "effect/Schema"

/**
 * There is nothing to seal.
 *
 * @category errors
 * @since 0.1.0
 */
export class PayloadEmpty extends Schema.TaggedError<PayloadEmpty>()("PayloadEmpty", {}) {
  override get message() {
    return "there is nothing to seal: the payload is empty"
  }
}

/**
 * The payload has `need` bytes, and at most `max` fit. Nothing was sealed.
 *
 * @category errors
 * @since 0.1.0
 */
export class PayloadTooLarge extends Schema.TaggedError<PayloadTooLarge>()("PayloadTooLarge", {
  need: Schema.Number,
  max: Schema.Number
}) {
  override get message() {
    return `the payload has ${this.need} bytes, and at most ${this.max} fit`
  }
}

/**
 * No envelope is in the file, or whatever treated the file destroyed it.
 *
 * @category errors
 * @since 0.1.0
 */
export class NotDistri extends Schema.TaggedError<NotDistri>()("NotDistri", {}) {
  override get message() {
    return "no envelope is in this file; was it recompressed by a chat or photo application?"
  }
}

/**
 * The file starts like an envelope, but its header contradicts itself or the file.
 *
 * @category errors
 * @since 0.1.0
 */
export class HeaderDamaged extends Schema.TaggedError<HeaderDamaged>()("HeaderDamaged", {}) {
  override get message() {
    return "the header of the envelope is damaged; ask for the file again"
  }
}

/**
 * The envelope is of a format that this release does not know. `found` names it.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnsupportedVersion extends Schema.TaggedError<UnsupportedVersion>()(
  "UnsupportedVersion",
  { found: Schema.String }
) {
  override get message() {
    return `the envelope is of a format this release does not know (${this.found}); use a newer one`
  }
}

/**
 * The key does not open the body. A wrong key and an altered file look the same, on purpose.
 *
 * @category errors
 * @since 0.1.0
 */
export class WrongKeyOrTampered extends Schema.TaggedError<WrongKeyOrTampered>()(
  "WrongKeyOrTampered",
  {}
) {
  override get message() {
    return "the key does not open this file: it is another file's key, or the file was altered"
  }
}

/**
 * What sealing may fail with.
 *
 * @category schemas
 * @since 0.1.0
 */
export const SealError = Schema.Union([PayloadEmpty, PayloadTooLarge])

/** @category models */
export type SealError = typeof SealError.Type

/**
 * What reading the header of a file may fail with.
 *
 * @category schemas
 * @since 0.1.0
 */
export const HeaderError = Schema.Union([NotDistri, HeaderDamaged, UnsupportedVersion])

/** @category models */
export type HeaderError = typeof HeaderError.Type

/**
 * What opening a file may fail with.
 *
 * @category schemas
 * @since 0.1.0
 */
export const EnvelopeError = Schema.Union([
  NotDistri,
  HeaderDamaged,
  UnsupportedVersion,
  WrongKeyOrTampered
])

/** @category models */
export type EnvelopeError = typeof EnvelopeError.Type
