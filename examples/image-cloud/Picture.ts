/**
 * The pictures that are encrypted: the user's own, or one that is painted.
 */
import { contentMaxBytes, distinctPicture, type HideOptions, samplePicture } from "@distri/image"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import type { PlatformError } from "effect/PlatformError"
import * as path from "node:path"
import { unusable } from "./Program.ts"

export interface Picture {
  /** For people, and for names of files. */
  readonly name: string
  readonly bytes: Uint8Array
}

const inMebibytes = (bytes: number) => `${(bytes / 1024 / 1024).toFixed(1)} MiB`
/** What tells the pictures of two clients apart. */
const numberBytes = 4
/** With 4 bits of each sample instead of 2, a picture twice as large fits the answer. */
const hiddenMaxBytes = 2 * contentMaxBytes - numberBytes
/** Sealed, but not hidden in a picture, it grows by some bytes only. */
const sealedMaxBytes = 4 * contentMaxBytes - 65_536

const readable = <A>(file: string, reading: Effect.Effect<A, PlatformError>) =>
  reading.pipe(
    Effect.catch(({ reason }) =>
      reason._tag === "NotFound"
        ? unusable(`there is no file ${file}; name an existing picture with --image`)
        : unusable(`cannot read ${file} (${reason._tag}); name another picture with --image`)
    )
  )

/** The file, or the sample when none is named. */
export const load = Effect.fnUntraced(function* (file: Option.Option<string>) {
  if (Option.isNone(file)) {
    return { name: "sample.jpg", bytes: yield* samplePicture } satisfies Picture as Picture
  }
  const fs = yield* FileSystem.FileSystem
  const { size, type } = yield* readable(file.value, fs.stat(file.value))
  if (type !== "File") {
    return yield* unusable(`${file.value} is no file; name a picture with --image`)
  }
  const bytes = Number(size)
  if (bytes === 0) return yield* unusable(`${file.value} is empty; name a picture with --image`)
  if (bytes > sealedMaxBytes) {
    return yield* unusable(
      `${file.value} has ${inMebibytes(bytes)}, and the service takes at most ${inMebibytes(sealedMaxBytes)}; save it smaller or with more compression (JPEG quality 85 is often enough)`
    )
  }
  return {
    name: path.basename(file.value),
    bytes: yield* readable(file.value, fs.readFile(file.value))
  } satisfies Picture as Picture
})

/** How a picture of this size is hidden, so that the result fits an answer. */
export const optionsFor = ({ bytes }: Picture): HideOptions => {
  if (bytes.length > hiddenMaxBytes) return { carrier: "none" }
  return bytes.length > contentMaxBytes ? { bits: 4 } : {}
}

/**
 * The picture of client number `client`; no two are the same. Without a base it is a small painted
 * one; otherwise the base with the number behind its end, where no decoder looks.
 */
export const ofClient = (base: Picture | undefined, client: number): Picture => {
  const name = `picture ${client}`
  if (base === undefined) return { name, bytes: distinctPicture(client) }
  const bytes = new Uint8Array(base.bytes.length + numberBytes)
  bytes.set(base.bytes)
  new DataView(bytes.buffer).setUint32(base.bytes.length, client)
  return { name, bytes }
}
