/**
 * Everything at once, in a few seconds: node processes form a cloud, a client encrypts a picture
 * and opens it again, documents are written and read on every node, and the nodes report.
 *
 *   node demo.ts --image photo.jpg --nodes 3
 */
import { type Address, Client, Stats } from "@distri/core"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Documents from "./Documents.ts"
import * as Encryption from "./Encryption.ts"
import * as Flags from "./Flags.ts"
import * as Nodes from "./Nodes.ts"
import * as Picture from "./Picture.ts"
import * as Program from "./Program.ts"
import * as Report from "./Report.ts"
import { Screen } from "./Screen.ts"
import * as Servers from "./Servers.ts"
import { Tally } from "./Tally.ts"

const documentsWritten = 20
const batch = 30
const batchAtOnce = 6
const collection = "catalog"

const onePicture = Effect.fnUntraced(function* (picture: Picture.Picture) {
  const screen = yield* Screen
  const sealed = yield* Encryption.encrypt(picture)
  const identical = yield* Effect.match(Encryption.check(picture, sealed), {
    onSuccess: () => true,
    onFailure: () => false
  })
  const sizes = `${picture.bytes.length} bytes sealed into ${sealed.file.length} bytes`
  yield* screen.say(`\nPicture     ${picture.name}: ${sizes}`)
  yield* screen.say(
    `            opened again: ${identical ? "identical, bit for bit" : "DIFFERENT"}`
  )
  return { bytes: picture.bytes.length, sealedBytes: sealed.file.length, identical }
})

const manyPictures = Effect.fnUntraced(function* () {
  const screen = yield* Screen
  const tally = new Tally(batch)
  const task = Effect.fnUntraced(function* (number: number) {
    const picture = Picture.ofClient(undefined, number)
    const sealed = yield* tally.timed(Encryption.encrypt(picture))
    yield* Encryption.check(picture, sealed)
  })
  yield* Effect.forEach(
    Array.from({ length: batch }).keys(),
    (number) => tally.counted(task(number)),
    { concurrency: batchAtOnce, discard: true }
  )
  const { p50Ms, p99Ms } = tally.responses()
  yield* screen.say(
    `Batch       ${tally.done} of ${batch} small pictures encrypted and opened, p50 ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms`
  )
  for (const why of tally.whyFailed()) yield* screen.say(`            ${why}`)
  return {
    tasks: batch,
    failed: tally.failed,
    p50Ms: Report.rounded(p50Ms),
    p99Ms: Report.rounded(p99Ms)
  }
})

/** Writes through whichever node the client picks, and reads on every node. */
const documents = Effect.fnUntraced(function* (nodes: ReadonlyArray<Address.Address>) {
  const screen = yield* Screen
  yield* Documents.createCollection(collection)
  const writes = new Tally(documentsWritten)
  yield* Effect.forEach(
    Array.from({ length: documentsWritten }).keys(),
    (number) => writes.counted(Documents.add(collection, { number, kind: "demo" })),
    { concurrency: batchAtOnce, discard: true }
  )
  const reads = new Tally(nodes.length)
  let readBack = documentsWritten
  yield* Effect.forEach(nodes, (node) =>
    reads.counted(
      Effect.tap(Documents.allOn(node, collection), (found) =>
        Effect.sync(() => {
          const numbers = new Set(found.map((document) => document["number"]))
          readBack = Math.min(readBack, numbers.size)
        })
      )
    )
  )
  if (reads.failed > 0) readBack = 0
  yield* screen.say(
    `Documents   ${writes.done} of ${documentsWritten} written, ${readBack} read back on each of ${nodes.length} nodes`
  )
  for (const why of [...writes.whyFailed(), ...reads.whyFailed()]) {
    yield* screen.say(`            ${why}`)
  }
  return { written: writes.done, readBack, failed: writes.failed + reads.failed }
})

const run = Effect.fnUntraced(
  function* (image: Option.Option<string>, nodes: number) {
    const screen = yield* Screen
    const picture = yield* Picture.load(image)
    const { addresses } = yield* Servers.start({ count: nodes })
    yield* Effect.gen(function* () {
      const one = yield* onePicture(picture)
      const encrypt = yield* manyPictures()
      const db = yield* documents(addresses)
      const reports = yield* Nodes.reports(addresses)
      yield* screen.say(`\n${Nodes.render(reports)}`)
      const ok =
        one.identical &&
        encrypt.failed === 0 &&
        db.failed === 0 &&
        db.readBack === documentsWritten &&
        reports.size === nodes
      yield* screen.say(`\n${ok ? "All was right." : "Not all was right; see above."}`)
      const stats = yield* Effect.forEach(reports.values(), encodeStats)
      yield* screen.result({ ok, nodes, image: one, encrypt, db, stats })
      if (!ok) return yield* Program.unusable("the demo did not go as it should")
    }).pipe(Effect.provide(Client.layer({ seeds: addresses, warm: nodes })))
  },
  Effect.provide(Encryption.layer),
  Effect.scoped
)

const encodeStats = (stats: Stats.Stats) =>
  Effect.orDie(Schema.encodeEffect(Schema.toCodecJson(Stats.Stats))(stats))

const flags = {
  image: Flags.image,
  nodes: Flags.count("nodes", 16).pipe(
    Flag.withDefault(3),
    Flag.withMetavar("N"),
    Flag.withDescription("Node processes of the cloud, default 3")
  ),
  json: Flags.json
}

Program.run(
  Command.make("demo", flags, ({ image, json, nodes }) =>
    Effect.provide(run(image, nodes), Screen.layer(json))
  ).pipe(Command.withDescription("Starts a cloud, uses all it offers, reports, and stops it"))
)
