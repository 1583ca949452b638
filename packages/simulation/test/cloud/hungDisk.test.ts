/** A leader whose disk stops answering, while everything else about it is well. */
import { Client } from "@distri/core/client/Client"
import { Disk } from "@distri/core/log/storage/Disk"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { DiskImage } from "../../src/disk/DiskImage.ts"
import * as SimDisk from "../../src/disk/SimDisk.ts"
import * as Sim from "../../src/sim/Sim.ts"
import { cloudOptions } from "./cloud.ts"
import type { CloudClient } from "./workload.ts"

it.effect.each([1, 2, 3])(
  "[LM21] [DB28] a leader whose disk hangs hands over, and no write fails: seed %i",
  (seed) =>
    Effect.gen(function* () {
      const hung = new Set<string>()
      const options = cloudOptions({
        seed,
        nodes: 3,
        seconds: 60,
        clients: 1,
        hasDisk: true,
        faults: []
      })
      const { broken } = yield* Sim.run({
        ...options,
        hardware: (name) => diskOf(() => hung.has(name)),
        client: writes(hung)
      })
      assert.deepStrictEqual(broken, [])
    }),
  60_000
)

const diskOf = (isHung: () => boolean): Sim.Hardware<Disk> => {
  const image = new DiskImage()
  const delay = (operation: string) =>
    operation === "sync"
      ? Effect.repeat(Effect.sleep("100 millis"), { while: isHung })
      : Effect.void
  return { services: () => Layer.sync(Disk, () => SimDisk.make(image, { delay })) }
}

const collection = "written"

/** Writes before the disk of the leader hangs, while it does, and after it goes on. */
const writes = (hung: Set<string>) => (client: CloudClient) =>
  Effect.gen(function* () {
    const { collectStats, documents } = yield* Client
    let added = 0
    const add = Effect.suspend(() =>
      documents.execute({ _tag: "AddDocument", collection, document: { _id: `${added++}` } })
    )
    yield* Effect.retry(documents.execute({ _tag: "CreateCollection", collection }), { times: 10 })
    yield* Effect.repeat(add, { times: 10 })
    const stats = yield* collectStats
    const [leader] = [...stats].find(
      ([, node]) => Result.isSuccess(node) && node.success.role === "leader"
    )!
    hung.add(`n${client.nodes.indexOf(leader) + 1}`)
    yield* Effect.repeat(add, { times: 50 })
    hung.clear()
    yield* Effect.repeat(add, { times: 10 })
    const count = yield* documents.count(collection, {})
    if (count !== added) yield* Effect.die(`${count} of ${added} are there`)
  }).pipe(Effect.provide(Client.layer({ seeds: client.nodes })))
