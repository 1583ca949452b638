/**
 * Runs sharp, and maps what it throws.
 *
 * **Gotchas.** A libvips call cannot be stopped from outside: the effect ends when the call ends,
 * also when its fiber is interrupted, so that a permit is never given back while a thread still
 * works. sharp throws synchronously for some inputs, so it is constructed inside.
 */
import * as Effect from "effect/Effect"
import sharp, { type Sharp, type SharpOptions } from "sharp"
import { ImageTimedOut } from "../ImageError.ts"

const seconds = 20

/** What any file that a stranger wrote is decoded with. */
export const carefully = {
  failOn: "warning",
  sequentialRead: true,
  pages: 1
} as const satisfies SharpOptions

/** Runs a pipeline. What it throws becomes `damaged()`; without one, it is a bug of ours. */
export const run = <A, E = never>(
  pipeline: () => Promise<A>,
  damaged?: () => E
): Effect.Effect<A, E | ImageTimedOut> =>
  Effect.tryPromise({ try: pipeline, catch: (cause) => cause }).pipe(
    Effect.catch((cause): Effect.Effect<never, E | ImageTimedOut> => {
      if (cause instanceof Error && /^timeout: /m.test(cause.message)) {
        return Effect.fail(new ImageTimedOut({ seconds }))
      }
      return damaged === undefined ? Effect.die(cause) : Effect.fail(damaged())
    }),
    Effect.uninterruptible
  )

/** A pipeline that ends in time. */
export const open = (input: Uint8Array, options: SharpOptions): Sharp =>
  sharp(input, options).timeout({ seconds })

let hardened = false

/**
 * Leaves libvips three decoders, no cache and one thread a job, for the whole process.
 *
 * Stock libvips decodes SVG, PDF and dozens more, and this closes that for every caller in the
 * process: only for processes in which nobody else uses sharp.
 */
export const harden = Effect.sync(() => {
  if (hardened) return
  hardened = true
  sharp.cache(false)
  sharp.concurrency(1)
  sharp.block({ operation: ["VipsForeignLoad"] })
  sharp.unblock({
    operation: [
      "VipsForeignLoadJpegBuffer",
      "VipsForeignLoadPngBuffer",
      "VipsForeignLoadWebpBuffer"
    ]
  })
})
