import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import type * as Attempt from "../../src/client/internal/attempt.ts"
import * as Placed from "../../src/client/internal/placed.ts"
import type { Link, LinkReply } from "../../src/client/Link.ts"
import { Links } from "../../src/client/Links.ts"
import * as RetryBudget from "../../src/client/pure/RetryBudget.ts"
import { NodeTable } from "../../src/cloud/NodeTable.ts"
import { Placement } from "../../src/cloud/Placement.ts"
import type { NodeId, UpdateInfo } from "../../src/cloud/UpdateInfo.ts"
import { Halt } from "../../src/Halt.ts"
import { DialFailed } from "../../src/transport/Transport.ts"
import { address } from "../cloud/cloud.ts"
import { nodeId, reportOf, service } from "../cloud/support.ts"

const at = (name: string, port: number, more: Partial<UpdateInfo> = {}) =>
  reportOf(name, { address: address(port), services: [service("Execute")], ...more })

describe("a placed call", () => {
  it.effect("[CL1] that nobody takes names every node and why", () =>
    Effect.gen(function* () {
      yield* reported(
        at("full", 7401),
        at("behind", 7402, { state: "catchingUp" }),
        at("gone", 7403)
      )
      yield* overload("full", 250)
      const error = yield* Effect.flip(call({ timeoutMs: 200 }))
      assert.deepInclude(error, {
        _tag: "CloudUnreachable",
        tried: [
          { node: nodeId("full"), why: "is full for another 250 ms" },
          { node: nodeId("behind"), why: "is catchingUp" },
          { node: address(7403), why: "cannot connect to 127.0.0.1:7403: nothing listens there" }
        ]
      })
    }).pipe(Effect.provide(connectedTo(["full", "behind"])))
  )

  it.effect("waits for the room that a full node has promised to others", () => {
    const dialled: Array<string> = []
    return Effect.gen(function* () {
      yield* reported(at("full", 7401))
      yield* overload("full", 400)
      const answer = yield* Effect.forkChild(call({ timeoutMs: 10_000 }))
      yield* TestClock.adjust("399 millis")
      assert.isUndefined(answer.pollUnsafe())
      yield* TestClock.adjust("201 millis")
      yield* Fiber.join(answer)
      // Once, and not again and again until then.
      assert.deepStrictEqual(dialled, [address(7403)])
    }).pipe(Effect.provide(connectedTo(["full"], dialled)))
  })

  it.effect("does not dial a leader whose address is none", () => {
    const dialled: Array<string> = []
    return Effect.gen(function* () {
      yield* reported(at("a", 7401), at("b", 7402, { role: "leader" }))
      yield* call({ timeoutMs: 100 })
      yield* reported(reportOf("b", { seq: 1, role: "leader", address: "somewhere" }))
      yield* call({ timeoutMs: 100 })
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(dialled, [address(7402)])
    }).pipe(Effect.provide(connectedTo(["a"], dialled)))
  })
})

const reported = Effect.fnUntraced(function* (...infos: ReadonlyArray<UpdateInfo>) {
  const table = yield* NodeTable
  yield* Effect.forEach(infos, (info) => table.report(info))
})

/** The node refuses somebody else. */
const overload = Effect.fnUntraced(function* (name: string, retryAfterMs: number) {
  const placement = yield* Placement
  const candidates = new Set([nodeId(name)])
  const ticket = yield* placement.pick("Execute", { candidates, probe: () => Effect.never })
  ticket.done({ _tag: "Overloaded", retryAfterMs })
})

/** A write that whoever gets it answers. */
const call = Effect.fnUntraced(function* ({ timeoutMs }: { readonly timeoutMs: number }) {
  const clock = yield* Clock.Clock
  const nowMs = () => Number(clock.monotonicTimeNanosUnsafe()) / 1e6
  const reply = { head: { load: {} }, body: new Uint8Array() } as LinkReply
  const placed = yield* Placed.make(() => Effect.succeed(reply), RetryBudget.make(), nowMs)
  const running = {
    call: { head: { service: "Execute" }, body: reply.body },
    service: "Execute",
    startMs: nowMs(),
    deadlineMs: nowMs() + timeoutMs,
    key: "k",
    sent: false
  } as Attempt.Running
  return yield* placed(running, "keyed")
})

/** Connections to these nodes, and none to those that are `dialled`. Of the others, the one at port 7403 does not run. */
const connectedTo = (names: ReadonlyArray<string>, dialled: Array<string> = []) => {
  const links = new Map<NodeId, Link>(
    names.map((name) => [nodeId(name), { node: nodeId(name) } as Link])
  )
  const why = new DialFailed({ address: address(7403), reason: "nothing listens there" })
  return Placement.layer.pipe(
    Layer.provideMerge(NodeTable.layer),
    Layer.provide(Halt.layer),
    Layer.merge(
      Layer.mock(Links, {
        connected: () => links,
        another: () =>
          Effect.suspend(() => {
            dialled.push(why.address)
            return Effect.fail([{ address: why.address, why }])
          }),
        heard: () => {},
        to: (to) =>
          Effect.andThen(
            Effect.sync(() => dialled.push(to)),
            Effect.never
          )
      })
    )
  )
}
