import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { apply, applyBatch } from "../../src/apply/apply.ts"
import * as Checked from "../../src/command/Checked.ts"
import * as CommandCodec from "../../src/command/CommandCodec.ts"
import type { Command } from "../../src/command/Command.ts"
import { InvariantViolation } from "../../src/invariant.ts"
import type { State } from "../../src/state/State.ts"
import * as Tree from "../../src/tree/Tree.ts"
import { LogIndex, LogTime } from "../../src/value/LogIndex.ts"
import { operation, senders } from "../model/commands.ts"
import * as Describe from "../model/describe.ts"
import { add, batch, create, Node, update, type Op } from "../model/node.ts"

const runs = Number(process.env["RUNS"] ?? 700)

describe("apply", () => {
  it("[ST4] entries come in order, and one of the log itself moves the version only", () => {
    const node = new Node()
    node.run(create())
    const entry = node.entry(add("1"))
    for (const index of [0, 1, 3])
      assert.throws(
        () => apply(node.state, { ...entry, index: LogIndex.make(index) }),
        InvariantViolation
      )
    const back = { ...entry, time: LogTime.make(-1) }
    assert.throws(() => apply(node.state, back), InvariantViolation)
    const internal = { index: entry.index, time: LogTime.make(5) }
    const { state, ...effect } = apply(node.state, internal)
    assert.deepStrictEqual(effect, { changes: [] })
    assert.deepStrictEqual(
      Describe.describe(state),
      Describe.describe({ ...node.state, ...internal })
    )
  })

  it("[ST2] what is thrown unexpectedly is a result, and nothing of the command is left", () => {
    const { before, node, sender } = broken(() => new TypeError("a bug"))
    const entries = [add("2"), add("3")].map((op, at) => ({
      ...node.entry(op, at === 1 ? sender : undefined),
      index: LogIndex.make(node.state.index + 1 + at)
    }))
    const { applied, state } = applyBatch(node.state, entries)
    assert.strictEqual(Describe.describe(node.state), before)
    const results = applied.map(({ result }) => result?._tag)
    assert.deepStrictEqual(results, ["Written", "ApplyFailed"])
    assert.instanceOf(applied[1]!.defect, TypeError)
    assert.deepStrictEqual(new Node(state).ids(), { a: ["2"] })
    // It is remembered, whatever the message of the error is on this node.
    const again = new Node(mended(state))
    assert.deepStrictEqual(again.run(add("3"), sender), applied[1]!.result)
    assert.deepStrictEqual(again.ids(), { a: ["2"] })
  })

  it("[ST1] what was thrown is no part of the state, since it reads otherwise elsewhere", () => {
    const [one, two] = ["x is undefined", "cannot read x"].map((message) => {
      const { node, sender } = broken(() => new Error(message), add("1"))
      return Describe.describe(node.apply(node.entry(add("2"), sender)).state)
    })
    assert.include(one, "ApplyFailed")
    assert.strictEqual(one, two)
  })

  it("[ST2] a node that is out of stack or memory, or that breaks an invariant, stops", () => {
    for (const error of [new RangeError("Maximum call stack"), new InvariantViolation("ST0")]) {
      const { before, node } = broken(() => error, add("1"))
      const entry = node.entry(add("3"))
      assert.throws(() => apply(node.state, entry), error)
      assert.throws(() => applyBatch(node.state, [entry]), error)
      assert.strictEqual(Describe.describe(node.state), before)
    }
  })

  it("[ST21] a language that is not allowed yet is refused, and none is ever taken back", () => {
    const node = new Node()
    const set = (language: number) => node.run({ _tag: "SetLanguage", language })
    const create2 = () => node.apply(node.entry(create(), undefined, 2)).result
    assert.deepInclude<any>(create2(), { _tag: "InvalidCommand", path: "language" })
    assert.deepInclude<any>(set(3), { _tag: "Written" })
    assert.deepInclude<any>(set(2), { _tag: "Written" })
    assert.deepInclude<any>(set(0), { _tag: "InvalidCommand" })
    assert.strictEqual(node.state.language, 3)
    assert.deepInclude<any>(create2(), { _tag: "Written" })
  })

  it("[ST3] a root that is kept stays as it was, however many batches come after it", () => {
    const node = new Node()
    node.run(create({ indexes: [{ name: "byN", keys: ["n"] }] }))
    let state = node.state
    const held: Array<readonly [State, string]> = []
    for (let turn = 0; turn < 20; turn += 1) {
      held.push([state, Describe.describe(state)])
      const entries = Array.from({ length: 30 }, (_, at) => ({
        ...node.entry(update(`${(turn * 17 + at) % 100}`, { set: { n: turn }, upsert: true })),
        index: LogIndex.make(state.index + 1 + at)
      }))
      state = applyBatch(state, entries).state
    }
    for (const [state, text] of held) assert.strictEqual(Describe.describe(state), text)
  })

  it("[ST2] commands of any shape have a result", () => {
    const node = new Node()
    node.run(create({ expires: "at", indexes: [{ name: "byName", keys: ["name"], unique: true }] }))
    node.run({ _tag: "OpenSession", session: "s1", owner: "o1" })
    node.run(batch(add("i1", { name: "a", tags: ["x"] }), add("i2", { name: "b", age: 1 })))
    const before = Describe.describe(node.state)
    fc.assert(
      fc.property(operation, senders, mutations, (operation, sender, mutations) => {
        const raw = { language: 1, sender, operation: mutated(operation, mutations) } as Command
        const entry = { ...node.entry(create()), command: raw }
        const applied = apply(node.state, entry)
        assert.isDefined(applied.result)
        assert.strictEqual(applied.state.index, entry.index)
        assert.isFalse(isUnchecked(raw) && applied.result?._tag === "Written")
        const known = decoded(raw)
        if (known === undefined) return
        // What a log can hold does not even surprise it.
        const { result, state } = apply(node.state, { ...entry, command: known })
        assert.notStrictEqual(result?._tag, "ApplyFailed")
        if (result?._tag !== "Written") assert.strictEqual(state.documents, node.state.documents)
      }),
      { numRuns: runs, ...(process.env["RUNS"] === undefined ? { seed: 1 } : {}) }
    )
    assert.strictEqual(Describe.describe(node.state), before)
  })
})

/** Whether whoever proposes it would have refused it. */
function isUnchecked({ operation }: Command): boolean {
  try {
    return Checked.check(operation) !== undefined
  } catch {
    return true
  }
}

/** Replaces the part that the numbers lead to. */
interface Mutation {
  readonly way: ReadonlyArray<number>
  readonly value: unknown
}

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    undefined,
    null,
    Number.NaN,
    Infinity,
    -1,
    1e300,
    "",
    "\ud800",
    "$gt",
    "__proto__",
    "a".repeat(2000),
    Symbol.iterator,
    10n,
    () => 1,
    new Map(),
    JSON.parse(`{"__proto__":1}`),
    JSON.parse(`${"[".repeat(3000)}${"]".repeat(3000)}`),
    JSON.parse(`${'{"a":'.repeat(150)}1${"}".repeat(150)}`)
  ),
  fc.anything({ withDate: true, withNullPrototype: true, withTypedArray: true })
)

const mutations: fc.Arbitrary<ReadonlyArray<Mutation>> = fc.array(
  fc.record({ way: fc.array(fc.nat({ max: 6 }), { maxLength: 4 }), value: odd }),
  { maxLength: 2 }
)

function mutated(value: unknown, mutations: ReadonlyArray<Mutation>): unknown {
  return mutations.reduce((before, { value, way }) => replaced(before, way, value), value)
}

function replaced(inside: unknown, [step, ...way]: ReadonlyArray<number>, value: unknown): unknown {
  if (step === undefined || typeof inside !== "object" || inside === null) return value
  const isArray = Array.isArray(inside)
  const names = Object.keys(inside)
  const name = names[step % (names.length + (isArray ? 0 : 1))] ?? "added"
  const member = replaced((inside as Record<string, unknown>)[name], way, value)
  if (isArray) return inside.map((item, at) => (String(at) === name ? member : item))
  return { ...inside, [name]: member }
}

/** As it would come from a log, if it could get there. */
function decoded(command: Command): Command | undefined {
  let data: Uint8Array
  try {
    data = CommandCodec.encode(command)
  } catch {
    return undefined
  }
  const known = CommandCodec.decode(data)
  return known._tag === "Known" ? known.command : undefined
}

/**
 * A node on which the index throws when it is searched, which is after the documents were changed.
 * An index without entries need not be searched.
 */
function broken(error: () => Error, ...documents: ReadonlyArray<Op>) {
  const node = new Node()
  node.run(create({ indexes: [{ name: "byN", keys: ["n"] }] }))
  for (const each of documents) node.run(each)
  const sender = { _tag: "Key", owner: "o", key: "k", fingerprint: 1 } as const
  node.state = withCompare(node.state, () => {
    throw error()
  })
  return { node, before: Describe.describe(node.state), sender }
}

function mended(state: State): State {
  return withCompare(state, () => 1)
}

function withCompare(state: State, compare: () => number): State {
  const collection = Tree.get(state.collections, "a")!
  const indexes = collection.indexes.map((index) => ({
    ...index,
    entries: { ...index.entries, compare }
  }))
  const edit = Tree.makeEdit()
  return {
    ...state,
    collections: Tree.set(state.collections, "a", { ...collection, indexes }, edit)
  }
}
