/**
 * What can be wrong with a cover, a picture or a job.
 *
 * They cross the wire, so they name no path and repeat nothing a library said (IM10). What the
 * envelope itself may refuse is in `@distri/core/peer/Envelope` and part of `ImageError` here.
 */
import {
  HeaderDamaged,
  NotDistri,
  PayloadEmpty,
  PayloadTooLarge,
  UnsupportedVersion
} from "@distri/core/peer/Envelope"
import { Overloaded } from "@distri/core/service/Refusal"
import * as Schema from "effect/Schema"

/**
 * The cover is not of a format that may be decoded. It was not given to a decoder.
 *
 * @category errors
 * @since 0.1.0
 */
export class UnsupportedCover extends Schema.TaggedError<UnsupportedCover>()("UnsupportedCover", {
  found: Schema.String,
  allowed: Schema.Array(Schema.String)
}) {
  override get message() {
    return `a cover is a ${this.allowed.join(", ")} file; this one is ${this.found}`
  }
}

/**
 * The cover is over the limit by its size or by what its header claims. It was not decoded.
 *
 * @category errors
 * @since 0.1.0
 */
export class CoverTooLarge extends Schema.TaggedError<CoverTooLarge>()("CoverTooLarge", {
  found: Schema.Number,
  max: Schema.Number,
  unit: Schema.Literals(["bytes", "pixels"])
}) {
  override get message() {
    return `the cover has ${this.found} ${this.unit}, and at most ${this.max} are taken`
  }
}

/**
 * The cover is cut short or does not decode.
 *
 * @category errors
 * @since 0.1.0
 */
export class CoverDamaged extends Schema.TaggedError<CoverDamaged>()("CoverDamaged", {}) {
  override get message() {
    return "the cover is cut short or damaged"
  }
}

/**
 * The picture to open is cut short or does not decode.
 *
 * @category errors
 * @since 0.1.0
 */
export class ImageDamaged extends Schema.TaggedError<ImageDamaged>()("ImageDamaged", {}) {
  override get message() {
    return "the picture is cut short or damaged; ask for the file again"
  }
}

/**
 * The decoder or encoder did not end in time and was stopped.
 *
 * @category errors
 * @since 0.1.0
 */
export class ImageTimedOut extends Schema.TaggedError<ImageTimedOut>()("ImageTimedOut", {
  seconds: Schema.Number
}) {
  override get message() {
    return `the picture took longer than ${this.seconds} s`
  }
}

/**
 * The job needs more memory than all jobs together may take here. It did not start, and trying
 * again does not help: a smaller cover or payload does.
 *
 * @category errors
 * @since 0.1.0
 */
export class JobTooLarge extends Schema.TaggedError<JobTooLarge>()("JobTooLarge", {
  needBytes: Schema.Number,
  maxBytes: Schema.Number
}) {
  override get message() {
    return `the job needs ${this.needBytes} bytes of memory, and at most ${this.maxBytes} are given`
  }
}

/**
 * @category schemas
 * @since 0.1.0
 */
export const CoverError = Schema.Union([
  UnsupportedCover,
  CoverTooLarge,
  CoverDamaged,
  ImageTimedOut
])

/** @category models */
export type CoverError = typeof CoverError.Type

/**
 * Everything that hiding and finding may fail with.
 *
 * @category schemas
 * @since 0.1.0
 */
export const ImageError = Schema.Union([
  PayloadEmpty,
  PayloadTooLarge,
  UnsupportedCover,
  CoverTooLarge,
  CoverDamaged,
  NotDistri,
  HeaderDamaged,
  UnsupportedVersion,
  ImageDamaged,
  ImageTimedOut,
  JobTooLarge,
  Overloaded
])

/** @category models */
export type ImageError = typeof ImageError.Type
