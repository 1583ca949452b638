import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { check } from "../../src/checker/Linearizability.ts"
import { impossible, type Model, type Outcome } from "../../src/checker/Model.ts"
import * as AppendLog from "../../src/checker/models/AppendLog.ts"
import * as Register from "../../src/checker/models/Register.ts"
import * as TokenSet from "../../src/checker/models/TokenSet.ts"
import type { Operation } from "../../src/checker/Operation.ts"
import { hasOrder } from "./bruteForce.ts"
import {
  type Input,
  type Operations,
  type Output,
  random,
  record,
  register,
  runs,
  small
} from "./histories.ts"

const model = Register.model<number>(0)

/** Without what makes the search fast. */
const bare: Model<number, Input, Output> = { initial: model.initial, step: model.step }

const seeingLog = AppendLog.model<number>()

const verdict = (history: Operations) => check(model, history)._tag

describe("the verdict", () => {
  it("[SIM7] is that of all orders tried one by one", () => {
    let linearizable = 0
    let judged = 0
    fc.assert(
      fc.property(small, (history) => {
        const expected = hasOrder(model, history) ? "Linearizable" : "NotLinearizable"
        assert.strictEqual(verdict(history), expected)
        assert.strictEqual(check(bare, history)._tag, expected)
        judged++
        if (expected === "Linearizable") linearizable++
      }),
      runs(3000)
    )
    assert.isAbove(linearizable, judged / 10)
    assert.isBelow(linearizable, (judged * 9) / 10)
  })

  it("[SIM7] is good for what a working object answered, and finds a changed answer as all orders do", () => {
    let found = 0
    const { numRuns } = runs(2000)
    for (let seed = 1; seed <= numRuns; seed++) {
      const history = register({ seed, operations: 7, clients: 3, values: 3, lostRatio: 0.1 })
      assert.strictEqual(verdict(history), "Linearizable", `seed ${seed}`)
      const changed = change(history, random(seed))
      const expected = hasOrder(model, changed) ? "Linearizable" : "NotLinearizable"
      assert.strictEqual(verdict(changed), expected, `seed ${seed}, changed`)
      if (expected === "NotLinearizable") found++
    }
    assert.isAbove(found, numRuns / 5)
  })

  it("[SIM7] is that of all orders for logs and sets, with many operations lost", () => {
    const { numRuns } = runs(1000)
    let found = 0
    for (let seed = 1; seed <= numRuns; seed++) {
      for (const isBroken of [false, true]) {
        const log = smallLog(seed, isBroken)
        const set = smallSet(seed, isBroken)
        const isGood = hasOrder(blindLog, log)
        const expected = [isGood, isGood, hasOrder(TokenSet.model(), set)]
        const judged = [
          check(AppendLog.model(), log),
          check(blindLog, log),
          check(TokenSet.model(), set)
        ]
        assert.deepStrictEqual(
          judged.map(({ _tag }) => _tag),
          expected.map((hasOne) => (hasOne ? "Linearizable" : "NotLinearizable")),
          `seed ${seed}`
        )
        if (!isBroken) assert.deepStrictEqual(expected, [true, true, true])
        found += expected.filter((hasOne) => !hasOne).length
      }
    }
    assert.isAbove(found, numRuns / 5)
  })

  it("[SIM7] is that of all orders for objects of any kind", () => {
    let linearizable = 0
    let judged = 0
    fc.assert(
      fc.property(machine, calls, (machine, history) => {
        const expected = hasOrder(machine, history) ? "Linearizable" : "NotLinearizable"
        assert.strictEqual(check(machine, history)._tag, expected)
        judged++
        if (expected === "Linearizable") linearizable++
      }),
      runs(2000)
    )
    assert.isAbove(linearizable, judged / 10)
    assert.isBelow(linearizable, (judged * 9) / 10)
  })

  it("does not depend on the order in which a history is listed", () => {
    fc.assert(
      fc.property(small, fc.nat(), (history, seed) => {
        const draw = random(seed)
        const shuffled = history
          .map((operation) => ({ operation, at: draw() }))
          .toSorted((left, right) => left.at - right.at)
          .map(({ operation }) => operation)
        assert.strictEqual(verdict(shuffled), verdict(history))
      }),
      runs(300)
    )
  })

  it("is good for no operations", () => {
    assert.deepStrictEqual(check(model, []), { _tag: "Linearizable", steps: 0 })
  })
})

const quarter = fc.integer({ min: 0, max: 3 })

/** An object of four states and four operations: each has a random answer and a random end in each state. */
const machine: fc.Arbitrary<Model<number, number, boolean>> = fc
  .array(fc.tuple(quarter, fc.boolean()), { minLength: 16, maxLength: 16 })
  .map((table) => {
    const at = (state: number, input: number) => table[4 * input + state]!
    const isPossible = (state: number, input: number, outcome: Outcome<boolean> | undefined) =>
      outcome === undefined || outcome.value === at(state, input)[1]
    return {
      initial: () => 0,
      step: (state, input, outcome) =>
        isPossible(state, input, outcome) ? at(state, input)[0] : impossible,
      onlyReads: (input, outcome) =>
        [0, 1, 2, 3].every(
          (state) => !isPossible(state, input, outcome) || at(state, input)[0] === state
        )
    }
  })

/** Up to 7 operations of such an object; of about every second one, nobody heard. */
const calls: fc.Arbitrary<ReadonlyArray<Operation<number, boolean>>> = fc
  .array(fc.tuple(quarter, fc.nat({ max: 9 }), fc.nat({ max: 6 }), fc.boolean(), quarter), {
    maxLength: 7,
    size: "max"
  })
  .map((drawn) =>
    drawn.map(([input, called, length, value, fate], client) => ({
      client: `c${client}`,
      input,
      called,
      returned: fate < 2 ? Infinity : called + length,
      outcome: fate % 3 === 0 ? undefined : { value }
    }))
  )

/** A log that does not look ahead. */
const blindLog: typeof seeingLog = {
  ...seeingLog,
  initial: (partition) => seeingLog.initial(partition, [])
}

const lossy = { operations: 7, clients: 3, lostRatio: 0.25 }

/** A log that, when broken, drops the second append, or takes the second one twice. */
const smallLog = (seed: number, isBroken: boolean) => {
  const tokens: Array<number> = []
  let appends = 0
  return record<AppendLog.Input<number>, AppendLog.Output<number>>({
    ...lossy,
    seed,
    input: (draw, n) => (draw() < 0.6 ? { kind: "append", token: n } : { kind: "read" }),
    apply: (input) => {
      if (input.kind === "read") return [...tokens]
      appends++
      const times = isBroken && appends === 2 ? (seed % 2) * 2 : 1
      for (let time = 0; time < times; time++) tokens.push(input.token)
      return undefined
    }
  })
}

/** A set that, when broken, does not remove. */
const smallSet = (seed: number, isBroken: boolean) => {
  const tokens = new Set<number>()
  return record<TokenSet.Input<number>, TokenSet.Output<number>>({
    ...lossy,
    seed,
    input: (draw) => {
      const token = Math.floor(draw() * 2)
      const kind = draw()
      if (kind < 0.2) return { kind: "read" }
      return { kind: kind < 0.5 ? "add" : kind < 0.8 ? "remove" : "has", token }
    },
    apply: (input) => {
      if (input.kind === "read") return [...tokens]
      if (input.kind === "add") tokens.add(input.token)
      if (input.kind === "remove" && !isBroken) tokens.delete(input.token)
      return input.kind === "has" ? tokens.has(input.token) : undefined
    }
  })
}

/** Another answer for one read or compare-and-set, where there is one. */
const change = (history: Operations, draw: () => number): Operations => {
  const answered = history.filter(({ input, outcome }) => outcome && input.kind !== "write")
  const target = answered[Math.floor(draw() * answered.length)]
  return history.map((operation) => {
    if (operation !== target || operation.outcome === undefined) return operation
    const { value } = operation.outcome
    return {
      ...operation,
      outcome: { value: typeof value === "number" ? (value + 1) % 3 : !value }
    }
  })
}

const sorted = (operations: Operations): Operations =>
  operations.toSorted((left, right) => left.called - right.called)

describe("a report of what is not linearizable", () => {
  it("has an order that is explained, and names what can not come next", () => {
    fc.assert(
      fc.property(small, (history) => {
        const report = check(model, history.toReversed())
        if (report._tag !== "NotLinearizable") return
        for (const list of [report.operations, report.stuck]) {
          assert.deepStrictEqual(list, sorted(list))
        }
        const { prefix, stuck, state } = report
        let reached = 0
        prefix.forEach((placed, at) => {
          const after = model.step(reached, placed.operation.input, placed.operation.outcome)
          assert.strictEqual(after, placed.state)
          reached = placed.state
          const late = prefix
            .slice(at)
            .some(({ operation }) => operation.returned < placed.operation.called)
          assert.isFalse(late)
        })
        assert.strictEqual(state, reached)
        assert.isAbove(stuck.length, 0)
        const placed = new Set(prefix.map(({ operation }) => operation))
        for (const { input, outcome } of stuck) {
          assert.strictEqual(model.step(state, input, outcome), impossible)
        }
        const left = history.filter(
          (each) => !placed.has(each) && (each.returned < Infinity || each.outcome !== undefined)
        )
        const first = Math.min(...left.map(({ returned }) => returned))
        assert.sameMembers(
          [...stuck],
          left.filter(({ called }) => called <= first)
        )
      }),
      runs(2000)
    )
  })
})
