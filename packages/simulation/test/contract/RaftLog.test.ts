import { describe, it } from "@effect/vitest"
import { Disk } from "@distri/core/log/storage/Disk"
import * as DiskStorage from "@distri/core/log/storage/DiskStorage"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type Engine, laws } from "../../src/contract/ReplicatedLogContract.ts"
import { DiskImage } from "../../src/disk/DiskImage.ts"
import * as SimDisk from "../../src/disk/SimDisk.ts"
import { engine } from "./raftEngine.ts"

const timeout = 30_000

/** A disk for each node, which outlives it. */
const makeDisks = () => {
  const images = new Map<string, DiskImage>()
  return (node: string) => {
    const image = images.get(node) ?? new DiskImage()
    images.set(node, image)
    return DiskStorage.layer({
      directory: "/data",
      node,
      cluster: "test",
      segmentBytes: 256 * 1024
    }).pipe(Layer.provide(Layer.sync(Disk, () => SimDisk.make(image))), Layer.orDie)
  }
}

const engines: ReadonlyArray<readonly [string, Engine]> = [
  ["one node, in memory", engine(1)],
  ["three nodes, in memory", engine(3)],
  ["three of five nodes, in memory", engine(5)],
  ["five of seven nodes, in memory", engine(7)],
  ["one node, on a disk", engine(1, makeDisks)],
  ["three nodes, on disks", engine(3, makeDisks)]
]

for (const [name, subject] of engines)
  describe(`laws of RaftLog: ${name}`, { timeout }, () => {
    for (const { law, name } of laws(subject)) it.effect(name, () => Effect.scoped(law))
  })
