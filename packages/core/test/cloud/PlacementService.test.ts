import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { NodeTable } from "../../src/cloud/NodeTable.ts"
import { type LoadReport, Placement } from "../../src/cloud/Placement.ts"
import type { NodeId } from "../../src/cloud/UpdateInfo.ts"
import { Halt } from "../../src/Halt.ts"
import { nodeId, reportOf } from "./support.ts"

const live = Placement.layer.pipe(Layer.provideMerge(NodeTable.layer), Layer.provide(Halt.layer))

const [A, B, C] = [nodeId("a"), nodeId("b"), nodeId("c")]
const both = new Set([A, B])
const noProbe = () => Effect.die("nobody asked for a probe")
const told = (inFlight: number): LoadReport => ({ load: { inFlight, queued: 0 }, meanMs: 30 })

const slowly = (node: NodeId) => Effect.as(Effect.sleep("10 millis"), told(node === A ? 3 : 1))

const reported = Effect.gen(function* () {
  const table = yield* NodeTable
  yield* Effect.forEach(["a", "b"], (node) => table.report(reportOf(node)))
  return yield* Placement
})

describe("Placement", () => {
  it.effect("[CL1] says for every node why it was not taken, and what to do", () =>
    Effect.gen(function* () {
      const placement = yield* Placement
      const nothing = { candidates: new Set<NodeId>(), probe: noProbe }
      const lonely = yield* Effect.flip(placement.pick("Work", nothing))
      assert.strictEqual(
        lonely.message,
        'no node can take "Work": no node is known. ' +
          "Check the address of the cloud, and that a node runs there."
      )
      yield* reported
      const options = { candidates: new Set([A, C]), exclude: new Set([A]), probe: noProbe }
      const error = yield* Effect.flip(placement.pick("Work", options))
      assert.strictEqual(
        error.message,
        'no node can take "Work": node-a was tried already; node-c has not reported yet; ' +
          "node-b is not connected. Wait until a node is ready, or start one that offers the service."
      )
    }).pipe(Effect.provide(live))
  )

  it.effect("[CL2] counts a request in flight from its ticket to done, once", () =>
    Effect.gen(function* () {
      const placement = yield* reported
      const pick = placement.pick("Work", { candidates: both, probe: noProbe })
      const first = yield* pick
      const second = yield* pick
      assert.notStrictEqual(first.node, second.node)
      first.done({ _tag: "Refused" })
      first.done({ _tag: "Refused" })
      const third = yield* pick
      assert.strictEqual(third.node, first.node)
      const [fourth, fifth] = [yield* pick, yield* pick]
      assert.notStrictEqual(fourth.node, fifth.node)
      for (const ticket of [second, third, fourth, fifth]) ticket.done({ _tag: "Refused" })
    }).pipe(Effect.provide(live))
  )

  it.effect("[CL3] the load that comes with a reply counts as a report", () =>
    Effect.gen(function* () {
      const placement = yield* reported
      const pick = placement.pick("Work", { candidates: both, probe: noProbe })
      const ticket = yield* pick
      ticket.done({ _tag: "Answered" }, told(5))
      for (let i = 0; i < 30; i++) {
        const next = yield* pick
        assert.notStrictEqual(next.node, ticket.node)
        next.done({ _tag: "Refused" })
      }
    }).pipe(Effect.provide(live))
  )

  it.effect(
    "[CL3] asks both nodes at once when their reports are old, and takes the idler one",
    () =>
      Effect.gen(function* () {
        const placement = yield* reported
        yield* TestClock.adjust("200 millis")
        const picking = yield* Effect.forkChild(
          placement.pick("Work", { candidates: both, probe: slowly })
        )
        yield* TestClock.adjust("10 millis")
        const ticket = yield* Fiber.join(picking)
        assert.strictEqual(ticket.node, B)
        ticket.done({ _tag: "Refused" })
      }).pipe(Effect.provide(live))
  )

  it.effect("[CL3] waits for an answer at most half a service time, also as an acquisition", () =>
    Effect.gen(function* () {
      const placement = yield* reported
      yield* TestClock.adjust("300 millis")
      const probe = (node: NodeId) => (node === A ? Effect.never : Effect.die("a broken transport"))
      const ticket = placement.pick("Work", { candidates: both, probe })
      const using = yield* Effect.acquireUseRelease(
        ticket,
        ({ node }) => Effect.succeed(node),
        ({ done }) => Effect.sync(() => done({ _tag: "Refused" }))
      ).pipe(Effect.forkChild)
      yield* TestClock.adjust("14 millis")
      assert.isUndefined(using.pollUnsafe())
      yield* TestClock.adjust("1 millis")
      assert.include([A, B], yield* Fiber.join(using))
    }).pipe(Effect.provide(live))
  )

  it.effect("[CL1] a full node is offered again when it said", () =>
    Effect.gen(function* () {
      const placement = yield* reported
      const pick = placement.pick("Work", { candidates: new Set([A]), probe: noProbe })
      const ticket = yield* pick
      ticket.done({ _tag: "Overloaded", retryAfterMs: 250 })
      const error = yield* Effect.flip(pick)
      assert.strictEqual(error.retryAfterMs, 250)
      assert.include(error.message, "Try again in 250 ms.")
      yield* TestClock.adjust("250 millis")
      assert.strictEqual((yield* pick).node, A)
    }).pipe(Effect.provide(live))
  )
})
