import type { DiskFile } from "@distri/core/log/storage/Disk"
import * as Effect from "effect/Effect"
import { answer, type DiskHooks, failed } from "./DiskHooks.ts"
import type { DiskImage, Life } from "./DiskImage.ts"
import type { SimFile } from "./SimFile.ts"

/** An open file. It goes on with the bytes when the name is changed or removed. */
export const open = (
  process: { readonly image: DiskImage; readonly hooks: DiskHooks; readonly life: Life },
  file: SimFile,
  isReadOnly: boolean
): DiskFile => ({
  size: Effect.suspend(() => answer(process, "size", file.path, () => Effect.succeed(file.size))),
  readAt: (offset, length) =>
    answer(process, "readAt", file.path, () => Effect.succeed(file.read(offset, length))),
  writeAt: (offset, bytes) =>
    answer(process, "writeAt", file.path, () => {
      if (isReadOnly) return failed("writeAt", file.path, "Denied")
      const { capacityBytes, usedBytes } = process.image
      const more = offset + bytes.length - file.size
      return more > 0 && usedBytes + more > capacityBytes
        ? failed("writeAt", file.path, "NoSpace")
        : Effect.sync(() => file.write(offset, bytes))
    }),
  sync: Effect.suspend(() =>
    answer(
      process,
      "sync",
      file.path,
      () => Effect.sync(() => file.sync()),
      () => file.loseWaiting()
    )
  )
})
