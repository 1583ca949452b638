import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SubscriptionRef from "effect/SubscriptionRef"
import { Links } from "../../src/client/Links.ts"
import { NodeTable } from "../../src/cloud/NodeTable.ts"
import { Halt } from "../../src/Halt.ts"
import { Address } from "../../src/transport/Address.ts"
import * as MemoryTransport from "../../src/transport/MemoryTransport.ts"
import { reportOf } from "../cloud/support.ts"

it.effect("[CL1] a node of which nothing was heard for long is still an address to try", () =>
  Effect.gen(function* () {
    const links = yield* Links
    const table = yield* NodeTable
    const info = reportOf(2, { address: "127.0.0.1:7402" })
    yield* table.report(info, 60_000)
    const view = SubscriptionRef.getUnsafe(table.nodes).get(info.node)
    assert.strictEqual(view?.status, "down")
    const addresses = [...(yield* links.addresses)]
    assert.deepStrictEqual(
      addresses,
      ["127.0.0.1:7401", "127.0.0.1:7402"].map((text) => Address.make(text))
    )
  }).pipe(Effect.scoped, Effect.provide(Client))
)

const Client = Links.layer({ seeds: [Address.make("127.0.0.1:7401")], hello: {} }).pipe(
  Layer.provideMerge(NodeTable.layer),
  Layer.provide([Halt.layer, MemoryTransport.layer])
)
