/** What a node runs on: its place in the network, its disk, and its clock. */
import * as Effect from "effect/Effect"
import * as path from "node:path"
import type { Member } from "./Cloud.ts"
import * as FreePorts from "./FreePorts.ts"
import * as Network from "./relay/Network.ts"
import * as Volume from "./Volume.ts"
import * as WallClock from "./WallClock.ts"

export interface Options {
  readonly folder: string
  /** Without the spare one. */
  readonly count: number
  readonly hasDisk: boolean
}

export const make = Effect.fnUntraced(function* ({ count, folder, hasDisk }: Options) {
  const names = Array.from({ length: count + 1 }, (_, at) => `n${at + 1}`)
  const spare = names.at(-1)!
  const addresses = yield* FreePorts.find(names.length)
  const places = new Map(names.map((name, at) => [name, addresses[at]!] as const))
  const network = yield* Network.make(places)

  const noVolumes = hasDisk ? yield* Volume.unavailable(folder) : undefined
  const volumes = new Map<string, Volume.Volume>()
  if (hasDisk && noVolumes === undefined) {
    for (const name of names) volumes.set(name, yield* Effect.orDie(Volume.make(folder, name)))
  }
  const clocks = new Map<string, WallClock.WallClock>()
  if (WallClock.unavailable === undefined) {
    for (const name of names) clocks.set(name, WallClock.make(path.join(folder, `${name}.clock`)))
  }

  const members = names.map((name): Member => {
    const address = places.get(name)!
    return {
      name,
      address,
      place: {
        address,
        seeds: names.filter((one) => one !== name && one !== spare).map((one) => places.get(one)!),
        ...(hasDisk && { data: path.join(volumes.get(name)?.path ?? folder, `${name}-data`) }),
        routes: network.routes(name),
        logFile: path.join(folder, `${name}.log`),
        environment: clocks.get(name)?.environment ?? {}
      }
    }
  })
  return { members, spare, network, volumes, noVolumes, clocks }
})
