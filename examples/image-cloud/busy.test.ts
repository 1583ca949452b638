import { Client, StatsService } from "@distri/core"
import { Encrypt } from "@distri/image"
import { DistriNode } from "@distri/node"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { assert, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import { Screen } from "./Screen.ts"
import * as Servers from "./Servers.ts"

const encryptions = 16
const askings = 40
const rounds = 8

it.live(
  `[CL11] a node answers Stats within 50 ms while ${encryptions} encryptions run`,
  () =>
    Effect.gen(function* () {
      const { addresses } = yield* Servers.start({ count: 1 })
      const node = addresses[0]!
      yield* Effect.gen(function* () {
        const client = yield* Client
        const data = Uint8Array.from({ length: 1_000_000 }, (_, index) => (index * index) >> 3)
        const encrypt = client.call(Encrypt, { data })
        yield* encrypt // the first one compiles
        const encrypting = yield* Effect.forever(encrypt).pipe(
          Effect.replicateEffect(encryptions, { concurrency: "unbounded", discard: true }),
          Effect.forkChild
        )
        const ask = Effect.timed(client.call(StatsService, undefined, { node }))
        // Other work of the machine may hold up a whole round, but not one after the other.
        let medianMs = Infinity
        for (let round = 0; round < rounds && medianMs >= 50; round++) {
          const asked = yield* Effect.replicateEffect(ask, askings)
          // Now and then all encryptions are answered at once, and the next ones are on their way.
          const busy = asked.filter(([, { queued, running }]) => queued + running > 0)
          assert.isAbove(busy.length, askings / 2)
          const tookMs = busy.map(([took]) => Duration.toMillis(took))
          medianMs = tookMs.toSorted((one, other) => one - other)[tookMs.length >> 1]!
        }
        yield* Fiber.interrupt(encrypting)
        assert.isBelow(medianMs, 50)
      }).pipe(Effect.provide(Client.layer({ seeds: addresses })))
    }).pipe(
      Effect.scoped,
      Effect.provide(Layer.mergeAll(Screen.layer(true), NodeServices.layer, DistriNode.layer))
    ),
  60_000
)
