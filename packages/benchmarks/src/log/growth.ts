/** Writes at 64 in flight, by the number of nodes: the load says how many. */
import * as Effect from "effect/Effect"
import type { Contender } from "../Benchmark.ts"
import * as Programs from "../programs.ts"
import * as Cloud from "./Cloud.ts"
import { writesOf } from "./distri.ts"
import { storageOf } from "./storage.ts"

const inFlight = 64

export const connect: Contender["connect"] = async () => {
  let known: { readonly nodes: number; readonly run: ReturnType<typeof cloudOf> } | undefined
  return async ({ inFlight: nodes, ms }) => {
    if (known?.nodes !== nodes) {
      await Programs.stopAll()
      known = { nodes, run: cloudOf(nodes) }
    }
    return (await known.run)({ inFlight, ms })
  }
}

const cloudOf = async (count: number) => {
  const nodes = await Cloud.start(count, storageOf(import.meta.url))
  const entries = Cloud.entriesOf(await Cloud.connect(nodes.map(({ address }) => address)))
  await Effect.runPromise(entries.create)
  return writesOf(entries)
}
