/** What a client says about the nodes of its cloud. */
import { assert, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import { Client } from "../../src/client/Client.ts"
import { NodeTable } from "../../src/cloud/NodeTable.ts"
import { Placement } from "../../src/cloud/Placement.ts"
import * as MemoryTransport from "../../src/transport/MemoryTransport.ts"
import { reportOf } from "../cloud/support.ts"

it.effect("[CL10] who reads the nodes slowly gets the newest, and not all in between", () =>
  Effect.gen(function* () {
    let table: NodeTable["Service"] | undefined
    const placement = Layer.unwrap(
      Effect.map(NodeTable, (own) => {
        table = own
        return Placement.layer
      })
    )
    const context = yield* Layer.build(Client.layer({ seeds: [], warm: 0, placement }))
    const gate = yield* Deferred.make<void>()
    const sizes: Array<number> = []
    const reading = yield* Context.get(context, Client).nodes.pipe(
      Stream.takeUntil((views) => {
        sizes.push(views.size)
        return views.size === 20
      }),
      Stream.runForEach(() => Deferred.await(gate)),
      Effect.forkChild
    )
    for (let node = 1; node <= 20; node += 1) {
      yield* table!.report(reportOf(node))
      yield* TestClock.adjust("1 millis")
    }
    yield* Deferred.succeed(gate, undefined)
    yield* Fiber.join(reading)
    assert.strictEqual(sizes.at(-1), 20)
    assert.isAtMost(sizes.length, 4)
  }).pipe(Effect.scoped, Effect.provide([MemoryTransport.layer, SecureRandom.layerWebCrypto]))
)
