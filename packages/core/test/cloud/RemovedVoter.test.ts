/** A node that votes no longer, and goes on to serve. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { CloudNode } from "../../src/cloud/CloudNode.ts"
import { AddDocument, GetDocument } from "../../src/service/DatabaseServices.ts"
import { address, Base, startClient, startNode } from "./cloud.ts"

const ports = [7401, 7402, 7403] as const
const isReplica = ({ stats }: CloudNode["Service"]) =>
  Effect.map(stats, ({ role }) => role === "replica")
const othersThan = (port: number) => ports.filter((other) => other !== port)

it.live(
  "[LM8] a node that gives up its vote, and goes on to serve, follows the log on",
  () =>
    Effect.gen(function* () {
      const [, , third] = yield* Effect.forEach(
        ports,
        (port) => startNode(port, othersThan(port)),
        { concurrency: 3 }
      )
      const client = yield* startClient([7402, 7403])
      yield* client.documents.execute({ _tag: "CreateCollection", collection: "a" })
      yield* third!.leave
      yield* Effect.repeat(isReplica(third!), {
        until: (isOne) => isOne,
        schedule: Schedule.spaced("10 millis")
      })
      for (const [at, port] of [7402, 7403, 7402, 7403].entries()) {
        const here = { node: address(port), timeout: "4 seconds" } as const
        const document = { _id: String(at) }
        yield* client.call(AddDocument, { collection: "a", document }, here)
        const read = { collection: "a", id: String(at), consistency: "session" } as const
        const { found } = yield* client.call(GetDocument, read, here)
        assert.deepStrictEqual(found?.document, document)
      }
    }).pipe(Effect.scoped, Effect.provide(Base)),
  30_000
)
