/** A cloud in memory that begins anew, or is not there yet. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { UserOperation } from "@distri/store/command/Command"
import type { ChangeEvent } from "../../src/database/Documents.ts"
import { GetDocument, ReadCollection } from "../../src/service/DatabaseServices.ts"
import { Watch } from "../../src/service/WatchService.ts"
import { address, Base, startClient, startNode } from "./cloud.ts"

const create: UserOperation = { _tag: "CreateCollection", collection: "a" }
const put = (id: string, n: number): UserOperation => ({
  _tag: "UpdateDocument",
  collection: "a",
  id,
  replace: { _id: id, n },
  upsert: true
})
const session = { consistency: "session" } as const

describe("a cloud in memory that begins anew", { timeout: 60_000 }, () => {
  it.live(
    "[DB10] [DB13] [ST16] nodes of its last life serve local reads, and no session or watch",
    () =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        yield* Effect.all(
          [
            Scope.provide(startNode(7401, [7402], { drainTimeout: 0 }), scope),
            startNode(7402, [7401])
          ],
          { concurrency: 2 }
        )
        const before = yield* startClient([7401, 7402])
        yield* before.documents.execute(create)
        yield* before.documents.execute(put("old", 0))
        const old = yield* before.documents.watch({ collection: "a" }).pipe(Stream.runHead)
        const { token: resume } = Option.getOrThrow(old) as Extract<ChangeEvent, { kind: "ready" }>
        const last = { node: address(7402) }
        yield* before.call(ReadCollection, { query: { collection: "a" }, ...session }, last)
        yield* Scope.close(scope, Exit.void)
        // Told of 7402 it would look for what 7402 still has.
        yield* startNode(7401)

        const client = yield* startClient([7401, 7402])
        yield* client.call(GetDocument, { collection: "a", id: "old", consistency: "local" }, last)
        yield* client.documents.execute(create)
        for (let n = 1; n <= 20; n += 1) {
          yield* client.documents.execute(put("mine", n))
          const mine = yield* client.documents.get("a", "mine", session)
          assert.deepStrictEqual(Option.getOrThrow(mine).document, { _id: "mine", n })
        }
        for (let n = 0; n < 10; n += 1) {
          const initial = yield* client.documents.watch({ collection: "a", from: "start" }).pipe(
            Stream.takeUntil(({ kind }) => kind === "ready"),
            Stream.runCollect
          )
          assert.deepStrictEqual(
            initial.map((event) => ("id" in event ? event.id : event.kind)),
            ["mine", "ready"]
          )
        }
        const resumed = client.documents.watch({ collection: "a", from: resume })
        assert.strictEqual((yield* Effect.flip(Stream.runHead(resumed)))._tag, "ResumeInvalid")

        const at = (consistency: "local" | "session") =>
          client.call(GetDocument, { collection: "a", id: "old", consistency }, last)
        assert.isDefined((yield* at("local")).found)
        assert.strictEqual((yield* Effect.flip(at("session")))._tag, "NotReady")
      }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("[DB10] a node that has never reached it lets sessions and watches wait for one", () =>
    Effect.gen(function* () {
      yield* startNode(7402, [7401])
      const client = yield* startClient([7402])
      const local = client.documents.count("a", undefined, { consistency: "local" })
      assert.strictEqual((yield* Effect.flip(local))._tag, "CollectionNotFound")
      const count = client.documents.count("a", undefined, session)
      const here = { node: address(7402) }
      const read = client.call(ReadCollection, { query: { collection: "a" }, ...session }, here)
      assert.strictEqual((yield* Effect.flip(read))._tag, "NotReady")
      const round = client.call(Watch, { collection: "a" }, here)
      assert.strictEqual((yield* Effect.flip(round))._tag, "NotReady")
      yield* startNode(7401, [7402])
      yield* (yield* startClient([7401])).documents.execute(create)
      // It has reached the writer, but may not have heard of the collection yet.
      const found = yield* Effect.retry(count, {
        while: ({ _tag }) => _tag === "CollectionNotFound",
        schedule: Schedule.spaced("20 millis")
      })
      assert.strictEqual(found, 0)
      const first = yield* Stream.runHead(client.documents.watch({ collection: "a" }))
      assert.strictEqual(Option.getOrThrow(first).kind, "ready")
    }).pipe(Effect.scoped, Effect.provide(Base))
  )
})
