import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as Announcer from "../../src/cloud/Announcer.ts"
import { NodeTable } from "../../src/cloud/NodeTable.ts"
import { Halt } from "../../src/Halt.ts"
import * as Wire from "../../src/service/Wire.ts"
import type { Connection } from "../../src/transport/Transport.ts"
import { nodeId, reportOf } from "./support.ts"

/** A client that hears everything. */
const listener = () => {
  const heard: Array<string> = []
  const connection: Connection = {
    remote: "a client",
    send: (head, body = new Uint8Array()) =>
      Effect.sync(() => {
        const frame = new Uint8Array([...head, ...body])
        const message = Effect.runSync(Effect.fromResult(Wire.decode(frame)))
        if (message._tag === "Node") heard.push(`${message.info.node} ${message.info.seq}`)
      }),
    receive: Effect.never,
    close: Effect.void
  }
  return { heard, connection }
}

/** Counts how often anybody begins to wait. */
const counting = (clock: Clock.Clock) => {
  const counted = { waits: 0 }
  const sleep: Clock.Clock["sleep"] = (duration) => {
    counted.waits++
    return clock.sleep(duration)
  }
  return { counted, clock: Object.assign(Object.create(clock) as Clock.Clock, { sleep }) }
}

const Table = NodeTable.layer.pipe(Layer.provideMerge(Halt.layer))

describe("Announcer", () => {
  it.effect("tells of a new node at once, of known ones only the own report, now and then", () =>
    Effect.gen(function* () {
      const table = yield* NodeTable
      const announce = yield* Announcer.make(nodeId("own"))
      const { connection, heard } = listener()
      yield* table.report(reportOf("own"))
      yield* Effect.forkScoped(announce(connection))
      yield* TestClock.adjust("1 millis")
      yield* table.report(reportOf("other"))
      yield* TestClock.adjust("1 millis")
      assert.deepStrictEqual(heard, ["node-own 0", "node-other 0"])
      yield* table.report(reportOf("own", { seq: 1 }))
      yield* table.report(reportOf("other", { seq: 1 }))
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(heard.slice(2), ["node-own 1"])
    }).pipe(Effect.provide(Table))
  )

  it.effect("waits once for each piece of news", () =>
    Effect.gen(function* () {
      const { clock, counted } = counting(yield* Clock.Clock)
      const table = yield* NodeTable
      const announce = yield* Announcer.make(nodeId("own"))
      yield* Effect.forkScoped(
        Effect.provideService(announce(listener().connection), Clock.Clock, clock)
      )
      yield* TestClock.adjust("1 millis")
      for (let node = 0; node < 5; node++) {
        yield* table.report(reportOf(node))
        yield* TestClock.adjust("1 millis")
      }
      // To send each of them within its time, and to wait for the next: no more.
      assert.isAtMost(counted.waits, 1 + 5 * 2)
    }).pipe(Effect.provide(Table))
  )
})
