import { assert, it, layer } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as SubscriptionRef from "effect/SubscriptionRef"
import * as TestClock from "effect/testing/TestClock"
import { NodeTable } from "../../src/cloud/NodeTable.ts"
import * as Table from "../../src/cloud/pure/NodeTable.ts"
import { Incarnation, type UpdateInfo } from "../../src/cloud/UpdateInfo.ts"
import { Halt } from "../../src/Halt.ts"
import { nodeId, reportOf, seeded } from "./support.ts"

const A = nodeId("a")

const reported = (info: UpdateInfo, nowMs: number, ageMs = 0): Table.Event => ({
  _tag: "Reported",
  info,
  ageMs,
  nowMs
})
const ticked = (nowMs: number): Table.Event => ({ _tag: "Ticked", nowMs })
const run = (...events: ReadonlyArray<Table.Event>) =>
  events.reduce<readonly [Table.State, ReadonlyArray<Table.Command>]>(
    ([state], event) => Table.step(state, event),
    [Table.initial, []]
  )
const statusAfter = (...events: ReadonlyArray<Table.Event>) =>
  run(...events)[0].nodes.get(A)?.status
const life = (incarnation: number, seq = 0) =>
  reportOf("a", { incarnation: Incarnation.make(incarnation), seq })

const collection = (version: number) => ({ name: "users", documents: 1, bytes: 1, version })

it.each([
  [0, "up"],
  [2_999, "up"],
  [3_000, "suspect"],
  [9_999, "suspect"],
  [10_000, "down"],
  [600_000, undefined]
] as const)("[CL23] a node that is silent for %d ms is %s", (silentMs, status) => {
  assert.strictEqual(statusAfter(reported(life(1), 0), ticked(silentMs)), status)
  assert.strictEqual(
    statusAfter(reported(life(1), silentMs, silentMs)),
    status ?? "down",
    "the age that a forwarder states counts as well"
  )
})

it("[CL23] a node is suspect from the break of the own connection to its next report", () => {
  const broke: Table.Event = { _tag: "ConnectionBroke", node: A, nowMs: 100 }
  assert.strictEqual(statusAfter(reported(life(1, 1), 0), broke), "suspect")
  assert.strictEqual(statusAfter(reported(life(1, 1), 0), broke, ticked(200)), "suspect")
  const late = reported(life(1, 2), 200, 150)
  assert.strictEqual(statusAfter(reported(life(1, 1), 0), broke, late), "suspect")
  const again = reported(life(1, 3), 210)
  assert.strictEqual(statusAfter(reported(life(1, 1), 0), broke, late, again), "up")
})

const believed = (nowMs: number, ageMs = 0) =>
  run(reported(life(2), 0), reported(life(1), nowMs, ageMs))[0].nodes.get(A)!.info.incarnation

it("[CL3] a lower incarnation is believed only when the newer report is stale", () => {
  assert.strictEqual(believed(4_999), 2)
  assert.strictEqual(believed(5_000), 1)
  assert.strictEqual(believed(6_000, 7_000), 2, "it waited somewhere since before the newer one")
})

it("[CL3] a report from the future stops the node that believes it", () => {
  assert.throws(() => run(ticked(10), ticked(9)), /CL3/)
})

it("tells its readers only what changed", () => {
  const first = reported(life(1, 1), 0)
  assert.deepStrictEqual(run(first)[1], [{ _tag: "Publish", changed: [A] }])
  assert.deepStrictEqual(run(first, first)[1], [])
  assert.deepStrictEqual(run(first, ticked(1_000))[1], [])
  assert.deepStrictEqual(run(first, ticked(3_000))[1], [{ _tag: "Publish", changed: [A] }])
  assert.deepStrictEqual(run(first, ticked(600_000))[1], [{ _tag: "Publish", changed: [A] }])
  assert.deepStrictEqual(run({ _tag: "ConnectionBroke", node: A, nowMs: 0 })[1], [])
})

it("[CL25] the table takes 1,024 nodes, whatever names arrive", () => {
  const events = Array.from({ length: 1_100 }, (_, i) => reported(reportOf(i), 0))
  assert.strictEqual(run(...events)[0].nodes.size, 1_024)
})

it("[CL25] an age that is no number counts as none", () => {
  for (const ageMs of [Number.NaN, -5]) {
    assert.strictEqual(statusAfter(reported(life(1), 0, ageMs)), "up")
  }
  assert.strictEqual(statusAfter(reported(life(1), 0, Infinity)), "down")
})

const inLife = (info: UpdateInfo, incarnation = 1) =>
  reportOf("a", { ...info, incarnation: Incarnation.make(incarnation) })

const collectionsAfter = (...events: ReadonlyArray<Table.Event>) =>
  run(...events)[0]
    .nodes.get(A)!
    .collections.map(({ version }) => version)

it("keeps the collections of the former report when a report has none", () => {
  const withA = inLife(reportOf("a", { seq: 1, collections: [collection(7)] }))
  const without = inLife(reportOf("a", { seq: 2 }))
  assert.deepStrictEqual(collectionsAfter(reported(withA, 0), reported(without, 1)), [7])
  assert.deepStrictEqual(collectionsAfter(reported(without, 0), reported(withA, 1)), [7])
  assert.deepStrictEqual(collectionsAfter(reported(withA, 0), reported(inLife(without, 2), 1)), [])
})

// One (incarnation, seq) is one report.
const key = (info: UpdateInfo) => `${info.node} ${info.incarnation} ${info.seq}`

it.prop(
  "[CL3] the table ends at the newest reports, whatever the order, loss and repetition",
  { seed: Schema.Int },
  ({ seed }) => {
    const random = seeded(seed)
    const below = (n: number) => Math.floor(random() * n)
    const sent = Array.from({ length: 30 }, () =>
      reportOf(below(3), {
        incarnation: Incarnation.make(1 + below(3)),
        seq: below(6),
        ...(random() < 0.5 ? { collections: [collection(below(100))] } : {})
      })
    )
    const unique = [...new Map(sent.map((info) => [key(info), info])).values()]
    const arrived = unique.filter(() => random() < 0.8)
    const order = [...arrived, ...arrived.filter(() => random() < 0.5)]
      .map((info) => ({ info, at: random() }))
      .toSorted((a, b) => a.at - b.at)
    const [state] = run(...order.map(({ info }, i) => reported(info, i)))

    for (const node of [0, 1, 2].map(nodeId)) {
      const own = arrived
        .filter((info) => info.node === node)
        .toSorted((a, b) => a.incarnation - b.incarnation || a.seq - b.seq)
      const newest = own.at(-1)
      const named = own.filter(
        (info) => info.incarnation === newest?.incarnation && info.collections !== undefined
      )
      assert.strictEqual(state.nodes.get(node)?.info, newest)
      assert.deepStrictEqual(
        state.nodes.get(node)?.collections ?? [],
        named.at(-1)?.collections ?? []
      )
    }
  }
)

it("[CL4] a report changes one entry of the table and nothing else", () => {
  const before = run(reported(reportOf("b"), 0), reported(life(1), 0))[0]
  const view = before.nodes.get(nodeId("b"))
  const [after] = Table.step(before, reported(life(1, 1), 1))
  assert.strictEqual(after.nodes.get(nodeId("b")), view)
  assert.strictEqual(after.nodes.size, 2)
  assert.strictEqual(before.nodes.get(A)!.info.seq, 0, "the former table is untouched")
})

layer(NodeTable.layer.pipe(Layer.provideMerge(Halt.layer)))("NodeTable", (it) => {
  it.effect("[CL23] publishes a node as up, suspect and down as time passes", () =>
    Effect.gen(function* () {
      const table = yield* NodeTable
      const seen = yield* SubscriptionRef.changes(table.nodes).pipe(
        Stream.map((nodes) => nodes.get(A)?.status),
        Stream.take(6),
        Stream.runCollect,
        Effect.forkChild({ startImmediately: true })
      )
      yield* table.report(life(1, 0))
      yield* TestClock.adjust("3 seconds")
      yield* table.report(life(1, 1))
      yield* table.broke(A)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual(yield* Fiber.join(seen), [
        undefined,
        "up",
        "suspect",
        "up",
        "suspect",
        "down"
      ])
    })
  )
})
