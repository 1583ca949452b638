/** Three nodes of Distri, each a process of its own, and documents added through the typed client. */
import * as Effect from "effect/Effect"
import type { Contender } from "../Benchmark.ts"
import * as Cloud from "./Cloud.ts"
import { storageOf } from "./storage.ts"
import { fibers, makeKeys, value } from "./writes.ts"

export const serve: NonNullable<Contender["serve"]> = async () => {
  const [first] = await Cloud.start(3, storageOf(import.meta.url))
  return Number(first!.address.split(":")[1])
}

export const connect: Contender["connect"] = async (port) => {
  const entries = Cloud.entriesOf(await Cloud.connect([Cloud.addressOf(port)]))
  await Effect.runPromise(entries.create)
  return writesOf(entries)
}

/** Adds documents, each under a key of its own. */
export const writesOf = (entries: Cloud.EntriesClient) => {
  const key = makeKeys()
  return fibers(
    Effect.suspend(() => entries.add({ _id: key(), value })),
    entries.count()
  )
}
