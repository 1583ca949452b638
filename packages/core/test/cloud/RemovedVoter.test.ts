/** A node that votes no longer, and goes on to serve. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import type { CloudNode } from "../../src/cloud/CloudNode.ts"
import { AddDocument, GetDocument } from "../../src/service/DatabaseServices.ts"
import { address, Base, startClient, startNode } from "./cloud.ts"

const ports = [7401, 7402, 7403] as const
const isReplica = ({ stats }: CloudNode["Service"]) =>
  Effect.map(stats, ({ role }) => role === "replica")
const othersThan = (port: number) => ports.filter((other) => other !== port)

it.live(
  "[CL17] when a node leaves and another gives up its vote for it, that one follows the log on",
  () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const [, second, third] = yield* Effect.all(
        [
          Scope.provide(startNode(7401, othersThan(7401)), scope),
          startNode(7402, othersThan(7402)),
          startNode(7403, othersThan(7403))
        ],
        { concurrency: 3 }
      )
      const client = yield* startClient([7402, 7403])
      yield* client.documents.execute({ _tag: "CreateCollection", collection: "a" })
      yield* Scope.close(scope, Exit.void)
      yield* Effect.repeat(Effect.all([isReplica(second!), isReplica(third!)]), {
        until: ([one, two]) => one || two,
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
