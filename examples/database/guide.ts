/** Runs all that docs/database.md shows, in order, on two nodes in this process: `node guide.ts` */
import { Client, type Database } from "@distri/core"
import { DistriNode } from "@distri/node"
import { Console, Effect, Layer } from "effect"
import * as FreePorts from "./FreePorts.ts"
import * as Changing from "./guide/Changing.ts"
import * as Nodes from "./guide/Nodes.ts"
import * as Once from "./guide/Once.ts"
import * as Reading from "./guide/Reading.ts"
import * as Watching from "./guide/Watching.ts"
import * as Writing from "./guide/Writing.ts"
import * as ShopNode from "./ShopNode.ts"

type Section = Effect.Effect<void, unknown, Client | Database>

const sections: ReadonlyArray<readonly [title: string, Section]> = [
  ["Create a collection", Writing.creating],
  ["Add", Writing.adding],
  ["Add many", Writing.addingMany],
  ["A unique index", Writing.unique],
  ["Get", Reading.getting],
  ["Filter", Reading.filtering],
  ["Sort", Reading.sorting],
  ["Project", Reading.projecting],
  ["Explain", Reading.explaining],
  ["Page", Reading.paging],
  ["Page through a snapshot", Reading.snapshot],
  ["Consistency", Reading.consistency],
  ["Batch", Writing.batch],
  ["Update", Changing.updating],
  ["Replace", Changing.replacing],
  ["Upsert", Changing.upserting],
  ["Compare and set", Changing.compareAndSet],
  ["Delete", Writing.deleting],
  ["Watch", Watching.watching],
  ["Expire", Watching.expiring],
  ["Resume", Watching.resuming],
  ["Keys", Once.keys],
  ["Ambiguous", Once.ambiguous],
  ["By bytes", Nodes.bytes],
  ["From a handler", Nodes.handler],
  ["Back up", Nodes.backup],
  ["Drop", Writing.dropping]
]

const program = Effect.gen(function* () {
  const [first = "", second = ""] = yield* FreePorts.find(2)
  const Here = Client.layer({ seeds: [first, second] }).pipe(
    Layer.provide(DistriNode.layer),
    Layer.provideMerge(ShopNode.layer(first, [second]))
  )
  yield* Layer.build(ShopNode.layer(second, [first])).pipe(Effect.forkScoped)
  yield* Effect.forEach(sections, ([title, section]) =>
    Effect.andThen(Console.log(`\n${title}`), section)
  ).pipe(Effect.provide(Here))
  yield* Console.log("\nAll was right.")
})

DistriNode.runMain(Effect.scoped(program))
