/** Clouds that begin, grow, shrink, and take in who is far behind. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { AddDocument, GetDocument } from "../../src/service/DatabaseServices.ts"
import { address, Base, startClient, startNode } from "./cloud.ts"
import { countUp, leaderOf, makeNetwork, until } from "./network.ts"

const three = [7401, 7402, 7403]
const others = (port: number) => three.filter((other) => other !== port)
const create = { _tag: "CreateCollection", collection: "a" } as const

describe("a cloud that begins", { timeout: 60_000 }, () => {
  it.live("[LM1] is founded once all are there, and then all of them vote for one leader", () =>
    Effect.gen(function* () {
      const { start } = yield* makeNetwork
      const early = yield* Effect.forkChild(
        Effect.forEach([7401, 7402], (port) => start(port, others(port)), { concurrency: 2 })
      )
      // A client is answered, and by a node without a log.
      const client = yield* startClient([7401])
      const local = { collection: "a", id: "1", consistency: "local" } as const
      const error = yield* Effect.flip(
        client.call(GetDocument, local, { node: address(7401), timeout: "1 second" })
      )
      assert.notStrictEqual(error._tag, "CollectionNotFound")
      assert.isUndefined(early.pollUnsafe())
      const last = yield* start(7403, others(7403))
      const nodes = [...(yield* Fiber.join(early)), last]
      yield* leaderOf(nodes)
      for (const node of nodes) {
        const { voters } = yield* until(node, ({ leader }) => leader !== undefined)
        assert.deepStrictEqual(voters.toSorted(), three.map(address))
      }
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live(
    "[LM2] a node that was told of a cloud of one joins it, though its address is first",
    () =>
      Effect.gen(function* () {
        yield* startNode(7402)
        const client = yield* startClient([7402])
        yield* client.documents.execute(create)
        yield* client.call(AddDocument, { collection: "a", document: { _id: "1" } })
        const second = yield* startNode(7401, [7402])
        assert.strictEqual((yield* second.stats).role, "replica")
        const here = { node: address(7401) }
        const { found } = yield* client.call(GetDocument, { collection: "a", id: "1" }, here)
        assert.deepStrictEqual(found?.document, { _id: "1" })
        yield* client.call(AddDocument, { collection: "a", document: { _id: "2" } }, here)
      }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("[LM3] [LM4] of one that grows by one node after the other, three vote in the end", () =>
    Effect.gen(function* () {
      const { start } = yield* makeNetwork
      const first = yield* start(7401, [])
      const load = yield* countUp(yield* startClient(three, 3), 4)
      yield* start(7402, [7401])
      yield* load.goesOn(20)
      yield* start(7403, [7401])
      yield* until(first, ({ voters }) => voters.length === 3)
      yield* load.goesOn(20)
      const { acknowledged, there } = yield* load.finish
      assert.deepStrictEqual(there, acknowledged)
    }).pipe(Effect.scoped, Effect.provide(Base))
  )
})

describe("a cloud under load", { timeout: 120_000 }, () => {
  it.live("[LM3] [LM8] grows from three to seven nodes and shrinks to three others unnoticed", () =>
    Effect.gen(function* () {
      const { start, startAll } = yield* makeNetwork
      const begun = yield* startAll(three)
      const load = yield* countUp(yield* startClient(three, 4), 4)
      const added = yield* Effect.forEach([7404, 7405, 7406, 7407], (port) => start(port, three))
      yield* until(added[3]!, ({ voters }) => voters.length === 5)
      yield* load.goesOn(30)
      for (const { stop } of [...begun, added[0]!]) {
        yield* stop
        yield* load.goesOn(30)
      }
      const left = added.slice(1)
      // One that ran out of time while it left is taken out by the leader a little later.
      const stay: ReadonlyArray<string> = [7405, 7406, 7407].map(address)
      yield* until(
        yield* leaderOf(left),
        ({ voters }) => voters.length === 3 && voters.every((voter) => stay.includes(voter))
      )
      yield* load.goesOn(30)
      const { acknowledged, there } = yield* load.finish
      assert.deepStrictEqual(there, acknowledged)
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("[LM8] a node that was told to leave serves on, and the others need it no more", () =>
    Effect.gen(function* () {
      const { startAll } = yield* makeNetwork
      const nodes = yield* startAll([7401, 7402, 7403, 7404], { leaveOnStop: false })
      const load = yield* countUp(yield* startClient(three, 3), 4)
      const leaver = yield* leaderOf(nodes)
      yield* leaver.node.leave
      const others = nodes.filter((node) => node !== leaver)
      const leader = yield* leaderOf(others)
      const { voters } = yield* until(leader, (stats) => stats.voters.length === 3)
      assert.notInclude(voters, address(leaver.port))
      assert.strictEqual((yield* leaver.node.stats).role, "replica")
      yield* load.goesOn(30)
      yield* leaver.crash
      yield* load.goesOn(30)
      const { acknowledged, there } = yield* load.finish
      assert.deepStrictEqual(there, acknowledged)
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live(
    "[RL6] [LM15] a node that was away for long is given a snapshot, while writes go on",
    () =>
      Effect.gen(function* () {
        const { block, startAll } = yield* makeNetwork
        // So small that what was written meanwhile is not kept for anybody.
        const nodes = yield* startAll(three, { log: { retainedMaxBytes: 64 * 1024 } })
        const leader = yield* leaderOf(nodes)
        const away = nodes.find((node) => node !== leader)!
        const load = yield* countUp(yield* startClient(three, 3), 4)
        yield* block((from, to) => (from === away.port) !== (to === away.port))
        const { documents } = yield* startClient([leader.port])
        yield* documents.execute(create)
        const text = "x".repeat(1000)
        for (let at = 0; at < 300; at += 1)
          yield* documents.execute({
            _tag: "UpdateDocument",
            collection: "a",
            id: `${at % 10}`,
            replace: { at, text },
            upsert: true
          })
        yield* block(() => false)
        const reader = yield* startClient([away.port])
        const here = { node: address(away.port) }
        const read = { collection: "a", id: "9" }
        const { found } = yield* reader.call(GetDocument, read, here)
        assert.deepInclude(found?.document, { at: 299 })
        yield* load.goesOn(30)
        const { acknowledged, there } = yield* load.finish
        assert.deepStrictEqual(there, acknowledged)
      }).pipe(Effect.scoped, Effect.provide(Base))
  )
})
