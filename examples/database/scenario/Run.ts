/** The scenario from start to end: a line for each part, and in the end what was not right. */
import { Duration, Effect } from "effect"
import { Parcels } from "../collections.ts"
import * as Check from "./Check.ts"
import * as Cloud from "./Cloud.ts"
import * as Pages from "./Pages.ts"
import * as Parcel from "./Parcel.ts"
import * as Watcher from "./Watcher.ts"
import * as Writer from "./Writer.ts"

type Say = (line: string) => Effect.Effect<void>

const parcels = 10_000
/** Writes that each part of the run waits for. */
const part = 200

export const run = Effect.fnUntraced(function* (say: Say) {
  const cloud = yield* Cloud.start
  const { addresses, everywhere, first, second, third } = cloud
  yield* say(`Nodes     ${addresses.join(", ")}`)

  const stored = Array.from({ length: parcels }, (_, n) =>
    Parcel.make(Parcel.idOf(n), n, (n * 7919) % 20_000)
  )
  const collection = first.client.collection(Parcels)
  yield* collection.create
  const [adding, added] = yield* Effect.timed(collection.addAll(stored))
  yield* say(`Added     ${count(added)} parcels at ${first.address} in ${seconds(adding)}`)

  const writer = yield* Writer.start(everywhere, stored)
  yield* writer.more(part)
  const watcher = yield* Watcher.start(third.client)
  const [paging, pages] = yield* Effect.timed(Pages.read(second.client, stored, writer))
  const read = `${pages.pages} pages with ${count(pages.documents)} parcels`
  yield* say(
    `Paged     ${read} from ${second.address} in ${seconds(paging)}, during ${count(pages.writes)} writes`
  )
  const once = pages.untouched - pages.wrong
  yield* say(
    `          ${count(pages.untouched)} were untouched: ${count(once)} of them came exactly once`
  )

  const { after, watches } = yield* disturb(say, cloud, writer, watcher)
  const compared = yield* compare(say, cloud, writer, watcher)
  const reads = yield* Cloud.answered(cloud, second.address, "ReadCollection")
  return {
    nodes: addresses.length,
    added,
    addedMs: toMs(adding),
    pages: pages.pages,
    pagedMs: toMs(paging),
    untouched: pages.untouched,
    untouchedOnce: once,
    writesWhilePaging: pages.writes,
    writes: writer.changes.length,
    changesSeen: watcher.events.length,
    changesAfterTheKill: after,
    stored: compared.stored,
    issues: [
      ...Check.told(parcels - added, "parcels were not added"),
      ...Check.told(pages.wrong, "untouched parcels did not come exactly once"),
      ...(reads < pages.pages ? ["the pages came from another node"] : []),
      ...(watches === 0 ? ["the watcher was at another node than the one that was killed"] : []),
      ...compared.issues
    ]
  }
})

/** Stops the watcher and resumes it, then kills the node that it watches; lets all others go on. */
const disturb = Effect.fnUntraced(function* (
  say: Say,
  cloud: Cloud.Cloud,
  writer: Writer.Writer,
  watcher: Watcher.Watcher
) {
  const { address, kill, pid } = cloud.third
  yield* watcher.ready
  yield* watcher.more(part)
  yield* watcher.stop
  const seen = `${count(watcher.initial())} parcels and ${count(watcher.events.length)} changes`
  yield* writer.more(part)
  yield* watcher.resume
  yield* watcher.more(part)
  yield* say(`Watched   ${seen} at ${address}; stopped, and resumed from the last token`)

  const watches = yield* Cloud.answered(cloud, address, "Watch")
  yield* kill
  const before = watcher.events.length
  yield* writer.more(part)
  yield* watcher.more(part)
  yield* say(`Killed    ${address} (pid ${pid}); watcher and writer went on elsewhere`)
  yield* watcher.until(yield* writer.stop)
  yield* watcher.stop
  return { watches, after: watcher.events.length - before }
})

/** What was acknowledged, what was seen, and what the two nodes have that are left. */
const compare = Effect.fnUntraced(function* (
  say: Say,
  { first, second }: Cloud.Cloud,
  writer: Writer.Writer,
  watcher: Watcher.Watcher
) {
  const { added, deleted, updated } = writer.counts
  const kinds = `${count(added)} added, ${count(updated)} updated, ${count(deleted)} deleted`
  yield* say(`Wrote     ${count(writer.changes.length)} changes: ${kinds}`)
  const [one, other] = [yield* Parcel.readAll(first.client), yield* Parcel.readAll(second.client)]
  const rebuilt = `${count(watcher.events.length)} changes seen, ${count(watcher.copy.size)} parcels rebuilt`
  yield* say(`Compared  ${rebuilt}, ${count(one.size)} and ${count(other.size)} stored`)
  return {
    stored: one.size,
    issues: [
      ...Check.events(watcher, writer),
      ...Check.copies(writer.expected, one, "acknowledged, and stored at the first node"),
      ...Check.copies(one, other, "stored at the first node, and at the second"),
      ...Check.copies(watcher.copy, one, "rebuilt from changes, and stored")
    ]
  }
})

const { count } = Parcel
const toMs = (duration: Duration.Duration) => Math.round(Duration.toMillis(duration))
const seconds = (duration: Duration.Duration) => `${(toMs(duration) / 1000).toFixed(1)} s`
