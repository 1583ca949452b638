import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import type { UpdateInfo } from "../../src/cloud/UpdateInfo.ts"
import { UpdateScheduler } from "../../src/cloud/UpdateScheduler.ts"
import { Halt } from "../../src/Halt.ts"
import { reportOf } from "./support.ts"

const load = (inFlight: number) => ({ inFlight, queued: 0, eventLoopP99Ms: 1, heapRatio: 0.5 })
const users = (version: number) => [{ name: "users", documents: 1, bytes: 1, version }]

describe("UpdateScheduler", () => {
  it.effect("[CL24] reports at once, then once a second", () =>
    withScheduler(({ sent }) =>
      Effect.gen(function* () {
        yield* TestClock.adjust("3 seconds")
        assert.deepStrictEqual(times(sent), [0, 1_000, 2_000, 3_000])
      })
    )
  )

  it.effect("[CL24] makes one report of many signals, at least 50 ms after the last", () =>
    withScheduler(({ scheduler, sent }) =>
      Effect.gen(function* () {
        for (let i = 0; i < 100; i++) {
          yield* scheduler.signal({ _tag: "ServiceChanged" })
          yield* TestClock.adjust("1 millis")
        }
        yield* TestClock.adjust("1 seconds")
        assert.deepStrictEqual(times(sent), [0, 50, 100, 1_100])
      })
    )
  )

  it.effect("[CL24] a load that moves by more than a tenth is worth a report", () =>
    withScheduler(({ node, scheduler, sent }) =>
      Effect.gen(function* () {
        node.load = load(100)
        yield* TestClock.adjust("1 seconds")
        yield* scheduler.signal({ _tag: "LoadChanged", load: load(110) })
        yield* TestClock.adjust("500 millis")
        assert.deepStrictEqual(times(sent), [0, 1_000])
        yield* scheduler.signal({ _tag: "LoadChanged", load: load(111) })
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual(times(sent), [0, 1_000, 1_500])
      })
    )
  )

  it.effect("[CL24] other states and services are reported within 50 ms, draining at once", () =>
    withScheduler(({ scheduler, sent }) =>
      Effect.gen(function* () {
        yield* TestClock.adjust("10 millis")
        yield* scheduler.signal({ _tag: "StateChanged", state: "ready" })
        yield* scheduler.signal({ _tag: "ServiceChanged" })
        yield* TestClock.adjust("45 millis")
        assert.deepStrictEqual(times(sent), [0, 50])
        yield* scheduler.signal({ _tag: "ServiceChanged" })
        yield* scheduler.signal({ _tag: "StateChanged", state: "draining" })
        yield* scheduler.signal({ _tag: "ServiceChanged" })
        yield* TestClock.adjust(0)
        assert.deepStrictEqual(times(sent), [0, 50, 55])
      })
    )
  )

  it.effect("[CL24] draining does not wait for a report that hangs", () =>
    withScheduler(({ node, scheduler, sent }) =>
      Effect.gen(function* () {
        node.hangs = true
        yield* TestClock.adjust("1100 millis")
        node.hangs = false
        yield* scheduler.signal({ _tag: "StateChanged", state: "draining" })
        yield* TestClock.adjust(0)
        assert.deepStrictEqual(times(sent), [0, 1_000, 1_100])
      })
    )
  )

  it.effect("[CL24] names the collections only when one of them changed", () =>
    withScheduler(({ node, sent }) =>
      Effect.gen(function* () {
        node.collections = users(1)
        yield* TestClock.adjust("2 seconds")
        node.collections = users(2)
        yield* TestClock.adjust("2 seconds")
        node.collections = []
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(
          sent.map(({ info }) => info.collections?.map(({ version }) => version)),
          [[], [1], undefined, [2], undefined, [], undefined]
        )
      })
    )
  )

  it.effect("[CL24] names them again after a report that nobody may have got", () =>
    withScheduler(({ node, sent }) =>
      Effect.gen(function* () {
        node.collections = users(1)
        node.hangs = true
        yield* TestClock.adjust("1 seconds")
        node.hangs = false
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(
          sent.map(({ atMs, info }) => [atMs, info.collections?.length]),
          [
            [0, 0],
            [1_000, 1],
            [2_000, 1],
            [3_000, undefined]
          ]
        )
      })
    )
  )

  it.effect("[CL24] takes back collections that only some may have heard of", () =>
    withScheduler(({ node, sent }) =>
      Effect.gen(function* () {
        node.collections = users(1)
        node.hangs = true
        yield* TestClock.adjust("1 seconds")
        node.collections = []
        node.hangs = false
        yield* TestClock.adjust("2 seconds")
        assert.deepStrictEqual(
          sent.map(({ info }) => info.collections?.length),
          [0, 1, 0, undefined]
        )
      })
    )
  )
})

interface Sent {
  readonly atMs: number
  readonly info: UpdateInfo
}

const times = (sent: ReadonlyArray<Sent>) => sent.map(({ atMs }) => atMs)

const withScheduler = <A, E>(
  use: (given: {
    readonly scheduler: UpdateScheduler["Service"]
    readonly sent: ReadonlyArray<Sent>
    readonly node: {
      load: UpdateInfo["load"]
      collections: NonNullable<UpdateInfo["collections"]>
      hangs: boolean
    }
  }) => Effect.Effect<A, E>
) => {
  const node = {
    load: load(0),
    collections: [] as NonNullable<UpdateInfo["collections"]>,
    hangs: false
  }
  const sent: Array<Sent> = []
  const layer = UpdateScheduler.layer({
    current: Effect.sync(() =>
      reportOf(1, { seq: sent.length, load: node.load, collections: node.collections })
    ),
    broadcast: Effect.fnUntraced(function* (info) {
      sent.push({ atMs: yield* Clock.currentTimeMillis, info })
      if (node.hangs) yield* Effect.never
    })
  })
  return Effect.gen(function* () {
    yield* TestClock.adjust(0)
    return yield* use({ scheduler: yield* UpdateScheduler, sent, node })
  }).pipe(Effect.provide(layer.pipe(Layer.provide(Halt.layer))))
}
