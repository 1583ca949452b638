import * as Effect from "effect/Effect"
import { diskStorageContract } from "../../../core/test/log/storage/DiskStorageContract.ts"
import { DiskImage } from "../../src/disk/DiskImage.ts"
import * as SimDisk from "../../src/disk/SimDisk.ts"

diskStorageContract(
  "DiskStorage on a simulated disk",
  Effect.sync(() => ({ disk: SimDisk.make(new DiskImage()), directory: "/data" }))
)
