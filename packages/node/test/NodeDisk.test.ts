import { Disk } from "@distri/core/log/storage/Disk"
import * as Effect from "effect/Effect"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { diskStorageContract } from "../../core/test/log/storage/DiskStorageContract.ts"
import * as NodeDisk from "../src/NodeDisk.ts"

const temporary = Effect.acquireRelease(
  Effect.sync(() => fs.mkdtempSync(path.join(os.tmpdir(), "distri-"))),
  (directory) => Effect.sync(() => fs.rmSync(directory, { recursive: true }))
)

diskStorageContract(
  "DiskStorage on this machine's disk",
  Effect.gen(function* () {
    return { disk: yield* Disk, directory: yield* temporary }
  }).pipe(Effect.provide(NodeDisk.layer))
)
