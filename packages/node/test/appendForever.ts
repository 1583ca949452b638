/** A process for NodeDisk.test.ts: appends to the log in a folder, and tells each index when it is kept. */
import { LogId } from "@distri/core/log/ReplicatedLog"
import * as DiskStorage from "@distri/core/log/storage/DiskStorage"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as fs from "node:fs"
import { appending, foundedBy } from "../../core/test/log/storage/batches.ts"
import * as NodeDisk from "../src/NodeDisk.ts"

const program = Effect.gen(function* () {
  const storage = yield* DiskStorage.make({
    directory: process.argv[2]!,
    node: "n1",
    cluster: "cloud",
    segmentBytes: 256 * 1024
  })
  if (storage.begun === undefined) {
    yield* storage.begin(LogId.make("the-log"), foundedBy(`n1/${storage.incarnation}`))
  }
  let index = 1 + (storage.begun?.restored.entries.length ?? 0)
  while (true) {
    index += 1
    yield* storage.write([appending(index, `entry ${index}`.repeat(index % 50))])
    fs.writeSync(1, `${index}\n`)
  }
})

program.pipe(
  Effect.scoped,
  Effect.provide(NodeDisk.layer),
  Effect.provide(SecureRandom.layerWebCrypto),
  Effect.runFork
)
