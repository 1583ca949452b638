/** What clients notice of nodes that end or are cut off: nothing, as long as a majority is there. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { AddDocument, GetDocument, ReadCollection } from "../../src/service/DatabaseServices.ts"
import { address, Base, startClient } from "./cloud.ts"
import { countUp, leaderOf, makeNetwork, until } from "./network.ts"

const ports = [7401, 7402, 7403]

describe("a cloud of three", { timeout: 60_000 }, () => {
  it.live(
    "[RL2] [RL9] a leader that is killed is replaced, and nothing is lost or done twice",
    () =>
      Effect.gen(function* () {
        const { startAll } = yield* makeNetwork
        const nodes = yield* startAll(ports, { drainTimeout: 0, leaveOnStop: false })
        const load = yield* countUp(yield* startClient(ports, 3), 8)
        yield* load.goesOn(50)
        const leader = yield* leaderOf(nodes)
        yield* leader.crash
        const others = nodes.filter(({ port }) => port !== leader.port)
        const next = yield* leaderOf(others)
        assert.notStrictEqual(next.port, leader.port)
        yield* load.goesOn(100)
        const { acknowledged, there } = yield* load.finish
        assert.deepStrictEqual(there, acknowledged)
      }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("[LM10] a leader that stops hands over first, and no call fails", () =>
    Effect.gen(function* () {
      const { startAll } = yield* makeNetwork
      // With such ticks nobody would miss the leader before the test is over.
      const nodes = yield* startAll(ports, { log: { tick: "10 seconds" } })
      const load = yield* countUp(yield* startClient(ports, 3), 8)
      yield* load.goesOn(50)
      const leader = yield* leaderOf(nodes)
      yield* leader.stop
      const next = yield* leaderOf(nodes.filter(({ port }) => port !== leader.port))
      yield* load.goesOn(100)
      assert.notInclude((yield* next.node.stats).voters, address(leader.port))
      const { acknowledged, there } = yield* load.finish
      assert.deepStrictEqual(there, acknowledged)
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("[RL12] every node may start again, one after the other, and nothing is lost", () =>
    Effect.gen(function* () {
      const { start, startAll } = yield* makeNetwork
      const nodes = yield* startAll(ports)
      const load = yield* countUp(yield* startClient(ports, 3), 8)
      for (const { port, stop } of nodes) {
        yield* load.goesOn(30)
        yield* stop
        yield* load.goesOn(30)
        const again = yield* start(
          port,
          ports.filter((other) => other !== port)
        )
        // It is ready, so it votes again, and the next one may go.
        const { role, state } = yield* again.node.stats
        assert.strictEqual(state, "ready")
        assert.include(["voter", "leader"], role)
      }
      yield* load.goesOn(30)
      const { acknowledged, there } = yield* load.finish
      assert.deepStrictEqual(there, acknowledged)
    }).pipe(Effect.scoped, Effect.provide(Base))
  )

  it.live("[LM11] a minority acknowledges nothing, and serves what it has", () =>
    Effect.gen(function* () {
      const { block, startAll } = yield* makeNetwork
      const nodes = yield* startAll(ports)
      const client = yield* startClient(ports, 3)
      const documents = { collection: "a" } as const
      yield* client.documents.execute({ _tag: "CreateCollection", ...documents })
      yield* client.call(AddDocument, { ...documents, document: { _id: "before" } })
      const alone = yield* leaderOf(nodes)
      const [other] = nodes.filter(({ port }) => port !== alone.port)
      // All nodes have it before the cut.
      for (const { port } of nodes)
        yield* client.call(GetDocument, { ...documents, id: "before" }, { node: address(port) })
      yield* block((from, to) => (from === alone.port) !== (to === alone.port))

      const here = { node: address(alone.port), timeout: "3 seconds" } as const
      const write = client.call(AddDocument, { ...documents, document: { _id: "alone" } }, here)
      const refused = yield* Effect.flip(write)
      const tags = ["Unavailable", "Ambiguous", "UnknownOutcome", "DeadlineExceeded"]
      assert.include(tags, refused._tag)
      const latest = yield* Effect.flip(client.call(ReadCollection, { query: documents }, here))
      assert.include(["Unavailable", "DeadlineExceeded"], latest._tag)
      const local = { query: documents, consistency: "local" } as const
      const { found } = yield* client.call(ReadCollection, local, here)
      assert.deepStrictEqual(
        found.map(({ document }) => document),
        [{ _id: "before" }]
      )
      const { survives } = yield* until(alone, ({ role }) => role !== "leader")
      assert.strictEqual(survives, -1)

      const there = { node: address(other!.port) } as const
      yield* client.call(AddDocument, { ...documents, document: { _id: "others" } }, there)
      yield* block(() => false)
      // It catches up, and what it had proposed is gone for good or done once.
      const again = { node: address(alone.port) } as const
      yield* client.call(GetDocument, { ...documents, id: "others" }, again)
      const all = yield* Effect.forEach(ports, (port) =>
        client.call(ReadCollection, { query: documents }, { node: address(port) })
      )
      assert.deepStrictEqual(all[1]!.found, all[0]!.found)
      assert.deepStrictEqual(all[2]!.found, all[0]!.found)
    }).pipe(Effect.scoped, Effect.provide(Base))
  )
})
