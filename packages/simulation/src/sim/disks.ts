/** Gives each machine a disk that forgets what was not synced when the power goes. */
import { Disk } from "@distri/core/log/storage/Disk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { DiskImage } from "../disk/DiskImage.ts"
import * as SimDisk from "../disk/SimDisk.ts"
import type { Random } from "../random/Random.ts"
import type { Hardware } from "./Program.ts"

const syncsMaxMs = [0, 5, 40, 300, 300]

/**
 * The `hardware` of a run whose nodes keep something on a disk. How quick it is, the seed draws: in most
 * runs all machines are alike. Where one of them is quick, what is acknowledged survives on that one, and
 * nobody would see that the others were not waited for.
 *
 * @category constructors
 * @since 0.1.0
 */
export const disks = (_name: string, random: Random, ofRun: Random): Hardware<Disk> =>
  diskOf(random, (ofRun.chance(0.7) ? ofRun : random).pick(syncsMaxMs))

/**
 * As `disks`, and each sync takes up to `syncMaxMs`.
 *
 * @category constructors
 * @since 0.1.0
 */
export const disksThatSyncWithin =
  (syncMaxMs: number) =>
  (_name: string, random: Random): Hardware<Disk> =>
    diskOf(random, syncMaxMs)

const diskOf = (random: Random, syncMaxMs: number): Hardware<Disk> => {
  const image = new DiskImage()
  const delayMs = (operation: string): number =>
    operation === "sync" || operation === "syncDirectory" ? random.between(0, syncMaxMs) : 0
  const delay = (operation: string): Effect.Effect<void> => {
    const ms = delayMs(operation)
    return ms === 0 ? Effect.void : Effect.sleep(ms)
  }
  return {
    services: () => Layer.sync(Disk, () => SimDisk.make(image, { delay })),
    onEnd: (how) => {
      if (how === "powerLoss") image.crash(random)
      else if (how === "diskLost") image.lose()
      else image.endProcesses()
    }
  }
}
