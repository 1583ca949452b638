import { assert, describe, it } from "@effect/vitest"
import { History } from "../../../src/checker/History.ts"
import * as Linearizability from "../../../src/checker/Linearizability.ts"
import { impossible, type Model, type Outcome } from "../../../src/checker/Model.ts"
import * as AppendLog from "../../../src/checker/models/AppendLog.ts"
import * as KeyValue from "../../../src/checker/models/KeyValue.ts"
import * as Register from "../../../src/checker/models/Register.ts"
import * as TokenSet from "../../../src/checker/models/TokenSet.ts"
import { record } from "../histories.ts"

type Answered<Input, Output> = readonly [Input, Outcome<Output> | undefined]

/** Whether the model allows these one after another. */
const allows = <State, Input, Output>(
  model: Model<State, Input, Output>,
  operations: ReadonlyArray<Answered<Input, Output>>
): boolean => {
  let state = model.initial("", [])
  for (const [input, outcome] of operations) {
    const after = model.step(state, input, outcome)
    if (after === impossible) return false
    state = after
  }
  return true
}

const is = <Value>(value: Value): Outcome<Value> => ({ value })

const workload = (seed: number) => ({ seed, operations: 200, clients: 4, lostRatio: 0.03 })

const set = (expected: Register.Primitive, value: Register.Primitive) =>
  ({ kind: "compareAndSet", expected, value }) as const

describe("a register", () => {
  const model = Register.model<Register.Primitive>(null)
  const read = { kind: "read" } as const

  it("is read as it was written, and keeps kinds of values apart", () => {
    for (const value of [0, 1, "1", "", null, undefined, true, NaN, 1n]) {
      const write = [{ kind: "write", value }, is(undefined)] as const
      assert.isTrue(allows(model, [write, [read, is(value)]]))
      assert.isFalse(allows(model, [write, [read, is("other")]]))
      assert.isFalse(allows(model, [write, [read, is(value === 1 ? "1" : 1)]]) && value !== 1n)
    }
    assert.isTrue(allows(model, [[read, is(null)]]))
    assert.isFalse(allows(model, [[read, is(undefined)]]))
  })

  it("takes zero for minus zero everywhere", () => {
    assert.isTrue(
      allows(model, [
        [{ kind: "write", value: -0 }, is(undefined)],
        [read, is(0)]
      ])
    )
    assert.isTrue(
      allows(model, [
        [{ kind: "write", value: 0 }, is(undefined)],
        [set(-0, 1), is(true)]
      ])
    )
  })

  it("is set only where it holds what is expected", () => {
    assert.isTrue(
      allows(model, [
        [set(null, 1), is(true)],
        [read, is(1)]
      ])
    )
    assert.isTrue(
      allows(model, [
        [set(2, 1), is(false)],
        [read, is(null)]
      ])
    )
    assert.isFalse(allows(model, [[set(2, 1), is(true)]]))
    assert.isFalse(allows(model, [[set(null, 1), is(false)]]))
    assert.isTrue(
      allows(model, [
        [set(null, 1), undefined],
        [read, is(1)]
      ])
    )
    assert.isTrue(
      allows(model, [
        [set(2, 1), undefined],
        [read, is(null)]
      ])
    )
  })
})

describe("a key-value store", () => {
  type Input = KeyValue.Input<string>
  type Output = KeyValue.Output<string>

  const history = (seed: number, isBroken: boolean) => {
    const state = new Map<string, string | undefined>()
    let writes = 0
    return record<Input, Output>({
      ...workload(seed),
      input: (draw, n) => {
        const key = `k${Math.floor(draw() * 5)}`
        const kind = draw()
        if (kind < 0.4) return { kind: "read", key }
        if (kind < 0.6) return { kind: "write", key, value: undefined }
        if (kind < 0.8) return { kind: "write", key, value: `v${n}` }
        return { kind: "compareAndSet", key, expected: undefined, value: `v${n}` }
      },
      apply: (input) => {
        if (input.kind === "read") return state.get(input.key)
        const isDone = input.kind === "write" || state.get(input.key) === input.expected
        if (isDone && !(isBroken && ++writes === 50)) state.set(input.key, input.value)
        return input.kind === "write" ? undefined : isDone
      }
    })
  }

  it("[SIM7] is linearizable where it works", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const report = Linearizability.check(KeyValue.model<string>(), history(seed, false))
      assert.strictEqual(report._tag, "Linearizable", `seed ${seed}`)
    }
  })

  it("[SIM7] is not where a write is lost, in most histories", () => {
    const found = Array.from({ length: 20 }, (_, seed) =>
      Linearizability.check(KeyValue.model<string>(), history(seed, true))
    ).filter(({ _tag }) => _tag === "NotLinearizable")
    assert.isAbove(found.length, 5)
  })
})

const append = (token: number) => [{ kind: "append", token }, is(undefined)] as const
const read = (tokens: ReadonlyArray<number>) => [{ kind: "read" }, is(tokens)] as const

describe("an append log", () => {
  type Input = AppendLog.Input<number>

  it.each<[string, ReadonlyArray<Answered<Input, AppendLog.Output<number>>>, boolean]>([
    ["empty at first", [read([])], true],
    ["in order", [append(1), append(2), read([1, 2])], true],
    ["reordered", [append(1), append(2), read([2, 1])], false],
    ["with a loss at its end", [append(1), append(2), read([1])], false],
    ["with a loss at its start", [append(1), append(2), read([2])], false],
    ["with a repeat", [append(1), read([1, 1])], false],
    ["with a repeat that was asked for", [append(1), append(1), read([1, 1])], true],
    ["read by someone who heard nothing", [append(1), [{ kind: "read" }, undefined]], true]
  ])("%s", (_, operations, expected) => {
    assert.strictEqual(allows(AppendLog.model<number>(), operations), expected)
  })

  it("shows where the longest read goes on otherwise", () => {
    const model = AppendLog.model<number>()
    const history = new History<Input, AppendLog.Output<number>>()
    history.call("a", { kind: "append", token: 1 }).returned([5, 6, 7, 8])
    history.call("a", { kind: "append", token: 2 }).returned(undefined)
    history.call("a", { kind: "append", token: 3 }).returned(undefined)
    history.call("b", { kind: "read" }).returned([1, 3, 2])
    const report = Linearizability.check(model, history.operations)
    assert.deepStrictEqual(Linearizability.describe(model, report).split("\n").slice(2), [
      "  [0, 1] client a: append 1  => [1], followed by 3 in the longest read",
      "in state [1], followed by 3 in the longest read, one of these has to be next, and none can:",
      "  [2, 3] client a: append 2"
    ])
  })

  it("is the same object where it holds the same", () => {
    const model = AppendLog.model<number>()
    const empty = model.initial("", [])
    const step = (state: typeof empty, token: number) =>
      model.step(state, { kind: "append", token }, undefined) as typeof empty
    assert.strictEqual(step(step(empty, 1), 2), step(step(empty, 1), 2))
    assert.notStrictEqual(step(step(empty, 1), 2), step(step(empty, 2), 1))
    assert.strictEqual(model.describeState?.(step(step(empty, 1), 2)), "[1,2]")
  })

  const history = (seed: number, isBroken: boolean) => {
    const tokens: Array<number> = []
    return record<Input, AppendLog.Output<number>>({
      ...workload(seed),
      input: (draw, n) => (draw() < 0.5 ? { kind: "append", token: n } : { kind: "read" }),
      apply: (input) => {
        if (input.kind === "read") return [...tokens]
        if (isBroken && tokens.length === 50) tokens.splice(-1, 0, input.token)
        else tokens.push(input.token)
        return undefined
      }
    })
  }

  it("[SIM7] is linearizable where it works, and not where an append slips in before the last", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const model = AppendLog.model<number>()
      const good = Linearizability.check(model, history(seed, false))
      assert.strictEqual(good._tag, "Linearizable", `seed ${seed}`)
    }
    const bad = Linearizability.check(AppendLog.model<number>(), history(1, true))
    assert.strictEqual(bad._tag, "NotLinearizable")
  })
})

const setHistory = (seed: number, isBroken: boolean) => {
  const tokens = new Set<string>()
  return record<TokenSet.Input<string>, TokenSet.Output<string>>({
    ...workload(seed),
    input: (draw) => {
      const token = `t${Math.floor(draw() * 5)}`
      const kind = draw()
      if (kind < 0.3) return { kind: "read" }
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

describe("a set of tokens", () => {
  type Input = TokenSet.Input<string>
  const does = (kind: "add" | "remove", token: string) => [{ kind, token }, is(undefined)] as const
  const has = (token: string, answer: boolean) => [{ kind: "has", token }, is(answer)] as const
  const read = (...tokens: ReadonlyArray<string>) => [{ kind: "read" }, is(tokens)] as const

  it.each<[string, ReadonlyArray<Answered<Input, TokenSet.Output<string>>>, boolean]>([
    ["empty at first", [read(), has("a", false)], true],
    ["in any order", [does("add", "a"), does("add", "b"), read("b", "a")], true],
    ["holding once what was added twice", [does("add", "a"), does("add", "a"), read("a")], true],
    ["with a repeat", [does("add", "a"), read("a", "a")], false],
    ["with a loss", [does("add", "a"), does("add", "b"), read("a")], false],
    ["with a stranger", [does("add", "a"), read("a", "c")], false],
    ["without what was removed", [does("add", "a"), does("remove", "a"), read()], true],
    ["with what was removed", [does("add", "a"), does("remove", "a"), has("a", true)], false],
    ["missing what was added", [does("add", "a"), has("a", false)], false],
    ["unheard", [does("add", "a"), [{ kind: "read" }, undefined]], true],
    ["read as nothing at all", [[{ kind: "read" }, is(undefined)]], false]
  ])("%s", (_, operations, expected) => {
    assert.strictEqual(allows(TokenSet.model<string>(), operations), expected)
  })

  it("[SIM7] is linearizable where it works, and not where a removed token comes back", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const good = Linearizability.check(TokenSet.model<string>(), setHistory(seed, false))
      assert.strictEqual(good._tag, "Linearizable", `seed ${seed}`)
    }
    const bad = Linearizability.check(TokenSet.model<string>(), setHistory(1, true))
    assert.strictEqual(bad._tag, "NotLinearizable")
  })
})
