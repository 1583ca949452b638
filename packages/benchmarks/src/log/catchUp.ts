/**
 * A fourth node joins a cloud that holds many documents: how long it takes, and what that costs
 * those who write meanwhile. The load says how many megabytes.
 *
 * It is timed from the start of its process until it has applied what had been acknowledged then.
 */
import * as Collection from "@distri/core/database/Collection"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { setTimeout as sleep } from "node:timers/promises"
import type { Contender, Run } from "../Benchmark.ts"
import { freePort } from "../freePorts.ts"
import * as Programs from "../programs.ts"
import * as Cloud from "./Cloud.ts"
import { storageOf } from "./storage.ts"
import { makeKeys, value } from "./writes.ts"

const storage = storageOf(import.meta.url)
const writers = Number(new URL(import.meta.url).searchParams.get("writers"))
const documentBytes = 1000

class Bulk extends Collection.make("bulk", {
  document: Schema.Struct({ _id: Schema.String, text: Schema.String })
}) {}

export const connect: Contender["connect"] = async () => {
  const nodes = await Cloud.start(3, storage)
  const seeds = nodes.map(({ address }) => address)
  const client = await Cloud.connect(seeds)
  const entries = Cloud.entriesOf(client)
  await Effect.runPromise(entries.create)
  const key = makeKeys()
  const add = Effect.suspend(() => entries.add({ _id: key(), value }))
  let acknowledged = 0
  const write = Effect.forever(Effect.tap(add, () => Effect.sync(() => (acknowledged += 1))))
  const perSecondOver = async (wait: Promise<unknown>) => {
    const startMs = performance.now()
    const before = acknowledged
    await wait
    return ((acknowledged - before) / (performance.now() - startMs)) * 1000
  }
  const join = async () => {
    const target = await Effect.runPromise(add)
    const startMs = performance.now()
    const address = Cloud.addressOf(await freePort())
    const data = storage === "disk" ? Programs.folder("node", storage) : undefined
    const node = await Cloud.startNode({ address, data, seeds })
    await Cloud.caughtUp(client, node, target)
    return { node, seconds: (performance.now() - startMs) / 1000 }
  }

  let filled = 0
  return async ({ inFlight: megabytes, ms }): Promise<Run> => {
    await Effect.runPromise(fill(client.collection(Bulk), filled, megabytes))
    filled = megabytes
    const writing = Effect.runFork(Effect.replicateEffect(write, writers, atOnce))
    const before = await perSecondOver(sleep(ms))
    const joining = join()
    const meanwhile = await perSecondOver(joining)
    await Effect.runPromise(Fiber.interrupt(writing))
    const { node, seconds } = await joining
    await Programs.kill(node.process, "SIGTERM")
    const seen = { keptPercent: (meanwhile / before) * 100 }
    return { operations: megabytes, seconds, p50Us: seconds * 1e6, p99Us: seconds * 1e6, seen }
  }
}

const atOnce = { concurrency: "unbounded", discard: true } as const

/** Goes on where it was refused: a cloud takes no more than it can write down. */
const fill = (
  bulk: Collection.Client<typeof Bulk, unknown>,
  fromMegabytes: number,
  toMegabytes: number
) => {
  const text = "t".repeat(documentBytes)
  const perMegabyte = 1_000_000 / documentBytes
  const megabyte = (at: number) => {
    const documents = Array.from({ length: perMegabyte }, (_, offset) => ({
      _id: String(at * perMegabyte + offset).padStart(9, "0"),
      text
    }))
    const adding = bulk.addAll(documents, { idempotencyKey: `megabyte ${at}` })
    return Effect.retry(adding, { times: 100, schedule: Schedule.spaced("500 millis") })
  }
  const missing = Array.from({ length: toMegabytes - fromMegabytes }, (_, at) => fromMegabytes + at)
  return Effect.andThen(bulk.create, Effect.forEach(missing, megabyte, { concurrency: 4 }))
}
