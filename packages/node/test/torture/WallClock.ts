/**
 * The wall clock of one node, which can be set: by `libfaketime`, loaded into its process. What counts
 * elapsed time stays as it is.
 */
import * as Effect from "effect/Effect"
import * as fs from "node:fs"

export interface WallClock {
  readonly environment: Readonly<Record<string, string>>
  /** So many seconds off. */
  readonly set: (seconds: number) => Effect.Effect<void>
}

const library = [
  "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1",
  "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1",
  "/usr/lib/faketime/libfaketime.so.1",
  "/usr/lib64/faketime/libfaketime.so.1"
].find((file) => fs.existsSync(file))

/** Why no clock can be set here; undefined: it can. */
export const unavailable = library === undefined ? "libfaketime is not installed" : undefined

/** `file`: where the process looks it up, once a second. */
export const make = (file: string): WallClock => {
  const set = (seconds: number) => fs.writeFileSync(file, `${seconds < 0 ? "" : "+"}${seconds}\n`)
  set(0)
  return {
    environment: {
      LD_PRELOAD: library ?? "",
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
      DONT_FAKE_MONOTONIC: "1"
    },
    set: (seconds) => Effect.sync(() => set(seconds))
  }
}
