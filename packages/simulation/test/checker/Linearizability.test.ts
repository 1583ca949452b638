import { assert, describe, it } from "@effect/vitest"
import { check } from "../../src/checker/Linearizability.ts"
import type { Model } from "../../src/checker/Model.ts"
import * as AppendLog from "../../src/checker/models/AppendLog.ts"
import * as Register from "../../src/checker/models/Register.ts"
import {
  type Input,
  lost,
  op,
  type Operations,
  type Output,
  read,
  register,
  write
} from "./histories.ts"

const model = Register.model<number>(0)
const verdict = (history: Operations, options = {}) => check(model, history, options)._tag

describe("an operation that never returned", () => {
  const write1 = lost("a", 0, write(1))

  it.each<[string, Operations, string]>([
    ["may have happened", [write1, op("b", 1, 2, read, 1)], "Linearizable"],
    ["may not have happened", [write1, op("b", 1, 2, read, 0)], "Linearizable"],
    ["may happen late", [write1, op("b", 1, 2, read, 0), op("b", 3, 4, read, 1)], "Linearizable"],
    [
      "happens once",
      [
        write1,
        op("b", 1, 2, read, 1),
        op("b", 3, 4, write(2)),
        op("b", 5, 6, read, 2),
        op("b", 7, 8, read, 1)
      ],
      "NotLinearizable"
    ],
    [
      "does not un-happen",
      [write1, op("b", 1, 2, read, 1), op("b", 3, 4, read, 0)],
      "NotLinearizable"
    ],
    [
      "does not happen before it was called",
      [op("b", 1, 2, read, 1), lost("a", 3, write(1))],
      "NotLinearizable"
    ],
    [
      "leaves its client free to call again",
      [write1, op("a", 1, 2, write(2)), op("a", 3, 4, read, 1)],
      "Linearizable"
    ]
  ])("%s", (_, history, expected) => {
    assert.strictEqual(verdict(history), expected)
  })
})

describe("real time", () => {
  it.each<[string, Operations, string]>([
    [
      "operations that touch at one instant overlap",
      [op("a", 0, 1, write(1)), op("b", 1, 2, read, 0)],
      "Linearizable"
    ],
    [
      "an operation after another sees it",
      [op("a", 0, 1, write(1)), op("b", 1.5, 2, read, 0)],
      "NotLinearizable"
    ],
    [
      "operations of no length are at one instant, in any order",
      [op("a", 1, 1, write(1)), op("b", 1, 1, read, 0), op("c", 1, 1, read, 1)],
      "Linearizable"
    ],
    [
      "operations of no length at two instants are in order",
      [op("a", 1, 1, write(1)), op("b", 2, 2, read, 0)],
      "NotLinearizable"
    ],
    [
      "times may be negative",
      [op("a", -5, -4, write(1)), op("b", -3, -2, read, 0)],
      "NotLinearizable"
    ]
  ])("%s", (_, history, expected) => {
    assert.strictEqual(verdict(history), expected)
  })
})

/** Writes that overlap each other, and a read of what nobody wrote: all their subsets have to be tried. */
const hard = (size: number): Operations => [
  ...Array.from({ length: size }, (_, at) => op(`w${at}`, 0, 10, write(at))),
  op("r", 0, 10, read, -1)
]

/** A register for every name. */
const named: Model<number, Input & { readonly name: string }, Output> = {
  ...model,
  partition: (input) => input.name
}

const name = (name: string, history: Operations) =>
  history.map((each) => ({
    ...each,
    client: `${name} ${each.client}`,
    input: { ...each.input, name }
  }))

describe("budgets", () => {
  it("[SIM7] thousands of operations at once are unknown, not a guess, when the steps are used up", () => {
    for (const history of [hard(4000), hard(4000).map((each) => ({ ...each, returned: 0 }))]) {
      const report = check(model, history, { maxSteps: 30_000 })
      assert.deepInclude(report, { _tag: "Unknown", partitions: [""] })
      assert("steps" in report && report.steps < 10_000 + 30_000 + 8_010)
    }
  })

  it("a thousand appends at once are judged by the longest list that was read", () => {
    const tokens = Array.from({ length: 1000 }, (_, token) => token)
    const appends = tokens.map((token) => ({
      client: `c${token}`,
      input: { kind: "append", token } as const,
      called: 0,
      returned: 10,
      outcome: { value: undefined }
    }))
    const judge = (list: ReadonlyArray<number>) => {
      const last = { client: "r", input: read, called: 11, returned: 12, outcome: { value: list } }
      return check(AppendLog.model<number>(), [...appends, last])._tag
    }
    assert.strictEqual(judge(tokens.toReversed()), "Linearizable")
    assert.strictEqual(judge(tokens.with(900, 1)), "NotLinearizable")
    assert.strictEqual(judge(tokens.slice(1)), "NotLinearizable")
  })

  it("[SIM7] an easy contradiction is found beside a hard partition that comes first", () => {
    const easy = [
      ...Array.from({ length: 30 }, (_, at) => op("a", at, at + 0.5, write(7))),
      op("a", 40, 41, read, 8)
    ]
    const report = check(named, [...name("hard", hard(25)), ...name("easy", easy)])
    assert.deepInclude(report, { _tag: "NotLinearizable", partition: "easy" })
    assert("steps" in report && report.steps < 10_200)
  })

  it("what was lost and changes nothing costs a step wherever it may be", () => {
    const nothing = { kind: "compareAndSet", expected: 5, value: 6 } as const
    const history = [
      ...Array.from({ length: 100 }, (_, at) => lost(`l${at}`, at, nothing)),
      op("a", 200, 201, write(1)),
      op("a", 202, 203, write(2)),
      op("b", 204, 205, read, 1)
    ]
    assert.deepInclude(check(model, history), { _tag: "NotLinearizable", steps: 3 * 100 + 3 })
  })

  it("a partition that is unknown is named, and one that is settled is not", () => {
    const history = [...name("open", hard(40)), ...name("done", hard(3).slice(0, 3))]
    const report = check(named, history, { maxSteps: 20_000 })
    assert.deepInclude(report, { _tag: "Unknown", partitions: ["open"] })
  })

  it.each([0, -1, NaN])("with %d steps everything is unknown", (maxSteps) => {
    assert.strictEqual(verdict([op("a", 0, 1, write(1))], { maxSteps }), "Unknown")
  })

  it("2,000 operations of ten clients in one partition are judged, good or bad", () => {
    for (const values of [5, 1000]) {
      const options = { seed: 1, operations: 2000, clients: 10, values, lostRatio: 0 }
      const history = register(options)
      const good = check(model, history)
      assert(good._tag === "Linearizable" && good.steps < 1_000_000)
      const target = history.findLast(({ input }) => input.kind === "read")
      const bad = check(
        model,
        history.map((each) => (each === target ? { ...each, outcome: { value: -1 } } : each))
      )
      assert(bad._tag === "NotLinearizable" && bad.steps < 5_000_000)
    }
  })

  it("2,000 operations of ten clients, of which a hundred are lost, are judged good", () => {
    const options = { seed: 2, operations: 2000, clients: 10, values: 50, lostRatio: 0.025 }
    const history = register(options)
    assert.isAbove(history.filter(({ returned }) => returned === Infinity).length, 70)
    assert.strictEqual(verdict(history), "Linearizable")
  })
})

describe("a model that throws", () => {
  const boom = new Error("boom")
  const throws = (): never => {
    throw boom
  }
  const history = [op("a", 0, 1, write(1)), op("a", 2, 3, read, 1)]

  it("fails the check, with the operation and the state", () => {
    const report = check(
      {
        ...model,
        step: (state, input, outcome) =>
          state === 1 ? throws() : model.step(state, input, outcome)
      },
      history
    )
    assert.deepStrictEqual(report, {
      _tag: "ModelFailed",
      partition: "",
      operation: history[1],
      state: 1,
      cause: boom
    })
  })

  it.each<[string, Partial<Model<number, Input, Output>>]>([
    ["before the first operation", { initial: throws }],
    ["in its partition", { partition: throws }],
    ["in its key", { key: throws }],
    ["when asked what only reads", { onlyReads: throws }]
  ])("fails the check %s", (_, broken) => {
    const report = check({ ...model, ...broken }, history)
    assert.deepInclude(report, { _tag: "ModelFailed", cause: boom })
  })

  it("is as one that says of a write that it only reads", () => {
    const report = check({ ...model, onlyReads: () => true }, history)
    assert.strictEqual(report._tag, "ModelFailed")
  })
})

describe("what cannot be a history", () => {
  it.each<[string, Operations]>([
    ["overlapping calls of one client", [op("a", 0, 5, write(1)), op("a", 4, 6, read, 1)]],
    ["a call inside another one", [op("a", 0, 9, write(1)), op("a", 4, 4, read, 1)]],
    [
      "a call before an earlier one returned that is lost",
      [op("a", 0, 9, write(1)), lost("a", 4, read)]
    ],
    ["a return before the call", [op("a", 5, 4, write(1))]],
    ["a call at no time", [op("a", NaN, 4, write(1))]],
    ["a return at no time", [op("a", 1, NaN, write(1))]],
    ["a call at the end of time", [lost("a", Infinity, write(1))]]
  ])("%s is refused", (_, history) => {
    assert.strictEqual(verdict(history), "Refused")
    assert.strictEqual(verdict(history.toReversed()), "Refused")
  })

  it("a client may call at the instant of its return, also twice", () => {
    const history = [op("a", 0, 1, write(1)), op("a", 1, 1, write(2)), op("a", 1, 2, read, 2)]
    assert.strictEqual(verdict(history.toReversed()), "Linearizable")
  })
})

describe("a report of what is not linearizable", () => {
  it("has the longest order, of a long history that goes wrong at its end", () => {
    const history = register({ seed: 3, operations: 300, clients: 5, values: 1000, lostRatio: 0 })
    const end = Math.max(...history.map(({ returned }) => returned))
    const report = check(model, [...history, op("z", end + 1, end + 2, read, -1)])
    assert(report._tag === "NotLinearizable")
    assert.lengthOf(report.prefix, 300)
    assert.deepStrictEqual(
      report.stuck.map(({ client }) => client),
      ["z"]
    )
  })
})
