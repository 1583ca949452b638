/**
 * Deliberate bugs, each known to break a rule. Tests turn one on and expect it to be found; nothing else
 * may. All are off by default.
 *
 * - `tornTailAccepted`: a record that was not written completely counts (WA5).
 * - `damageSkipped`: the log is taken to end where it is damaged (WA6).
 * - `noDirectorySync`: names are not synced (WA9).
 * - `failedSyncRetried`: a sync that failed is tried once more (WA7).
 */
import * as Effect from "effect/Effect"
import type { Disk } from "../Disk.ts"

export interface Breaks {
  readonly tornTailAccepted?: boolean
  readonly damageSkipped?: boolean
  readonly noDirectorySync?: boolean
  readonly failedSyncRetried?: boolean
}

/** The disk as a program with these bugs uses it. */
export const brokenDisk = (disk: Disk["Service"], breaks: Breaks): Disk["Service"] => ({
  ...disk,
  ...(breaks.noDirectorySync === true && { syncDirectory: () => Effect.void }),
  ...(breaks.failedSyncRetried === true && {
    open: (path, mode) =>
      Effect.map(disk.open(path, mode), (file) => ({
        ...file,
        sync: Effect.catchTag(file.sync, "DiskFailed", () => file.sync)
      }))
  })
})
