import { assert, describe, it } from "@effect/vitest"
import { History } from "../../src/checker/History.ts"
import * as Linearizability from "../../src/checker/Linearizability.ts"
import type { Model } from "../../src/checker/Model.ts"
import * as AppendLog from "../../src/checker/models/AppendLog.ts"
import * as KeyValue from "../../src/checker/models/KeyValue.ts"

const model = KeyValue.model<number>()

const describeCheck = (
  history: History<KeyValue.Input<number>, KeyValue.Output<number>>,
  maxSteps?: number
) =>
  Linearizability.describe(
    model,
    Linearizability.check(model, history.operations, maxSteps === undefined ? {} : { maxSteps })
  )

/** A write that another client does not see any more. */
const stale = () => {
  const history = new History<KeyValue.Input<number>, KeyValue.Output<number>>()
  const first = history.call("ann", { kind: "write", key: "x", value: 1 })
  history.call("eve", { kind: "write", key: "x", value: 3 }).lost()
  first.returned(undefined)
  history.call("ann", { kind: "write", key: "x", value: 2 }).returned(undefined)
  history.call("bob", { kind: "read", key: "x" }).returned(1)
  history.call("ann", { kind: "read", key: "y" }).returned(undefined)
  return history
}

describe("a report as text", () => {
  it("[SIM7] shows the partition, the longest order, and what cannot come next", () => {
    assert.strictEqual(
      describeCheck(stale()),
      [
        'not linearizable: partition "x", 4 operations, 12 steps',
        "the longest order found has 2 of them:",
        "  [0, 2] client ann: write 1  => 1",
        "  [3, 4] client ann: write 2  => 2",
        "in state 2, one of these has to be next, and none can:",
        "  [5, 6] client bob: read -> 1"
      ].join("\n")
    )
  })

  it("shows the end of a long order, and both ends of a long line", () => {
    const log = AppendLog.model<string>()
    const history = new History<AppendLog.Input<string>, AppendLog.Output<string>>()
    for (let n = 0; n < 100; n++) {
      history.call("a", { kind: "append", token: `token ${n}` }).returned(undefined)
    }
    history.call("b", { kind: "read" }).returned(["token 0"])
    const text = Linearizability.describe(log, Linearizability.check(log, history.operations))
    assert.include(text, "  ... 88 before\n")
    assert.include(text, "client a: append token 88")
    assert.notInclude(text, "client a: append token 87")
    assert.match(text, /=> \["token 0",.{50,200} \.\.\. .{50,200}"token 99"\]/)
    assert.isBelow(text.length, 6000)
  })

  it("says how many steps did not suffice for what", () => {
    assert.strictEqual(
      describeCheck(stale(), 1),
      'unknown: 2 steps did not suffice for partition "x"'
    )
  })

  it("says that all is well", () => {
    const history = new History<KeyValue.Input<number>, KeyValue.Output<number>>()
    history.call("ann", { kind: "write", key: "x", value: 1 }).returned(undefined)
    assert.strictEqual(describeCheck(history), "linearizable, 1 steps")
  })

  it("says what is wrong with a history", () => {
    const operation = { client: "ann", called: 2, returned: 1, outcome: undefined } as const
    const report = Linearizability.check(model, [
      { ...operation, input: { kind: "read", key: "x" } }
    ])
    assert.strictEqual(
      Linearizability.describe(model, report),
      "no history: an operation of client ann is called at 2 and returns at 1"
    )
  })

  it("shows where the model threw, for a model that describes nothing, not even as JSON", () => {
    const broken: Model<bigint, bigint, bigint> = {
      initial: () => 1n,
      step: () => {
        throw new Error("boom")
      }
    }
    const history = new History<bigint, bigint>()
    history.call("ann", 5n).returned(6n)
    const report = Linearizability.check(broken, history.operations)
    assert.strictEqual(
      Linearizability.describe(broken, report),
      [
        'the model failed in partition "": Error: boom',
        "  at [0, 1] client ann: 5 -> 6",
        "  in state 1"
      ].join("\n")
    )
  })
})
