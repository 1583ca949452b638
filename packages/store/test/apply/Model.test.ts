import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { apply, applyBatch, type Effects, type Entry } from "../../src/apply/apply.ts"
import * as rememberedSum from "../../src/apply/rememberedSum.ts"
import * as resultBytes from "../../src/apply/resultBytes.ts"
import * as CommandCodec from "../../src/command/CommandCodec.ts"
import type { Command } from "../../src/command/Command.ts"
import * as Snapshot from "../../src/snapshot/Snapshot.ts"
import { digest } from "../../src/state/Digest.ts"
import * as State from "../../src/state/State.ts"
import * as Tree from "../../src/tree/Tree.ts"
import { LogIndex, LogTime } from "../../src/value/LogIndex.ts"
import { commandOf, steps, type Step } from "../model/commands.ts"
import * as Describe from "../model/describe.ts"
import { Model } from "../model/Model.ts"

/** More with RUNS=10000; then of other seeds each time, or of SEED. */
const { RUNS, SEED } = process.env
const runs = Number(RUNS ?? 150)

describe("apply", () => {
  it(
    "[ST1][ST2][ST3][ST4][ST17][ST18][ST20][ST21] a naive model, batches of any size, and a node restored from a snapshot agree",
    { timeout: 60 * 60 * 1000 },
    () => {
      const sizes = fc.array(fc.nat({ max: 12 }), { minLength: 1 })
      const seed = RUNS === undefined ? 1 : SEED === undefined ? undefined : Number(SEED)
      let run = 0
      fc.assert(
        fc.property(steps, sizes, fc.nat(), (steps, sizes, turn) => {
          run += 1
          if (run % 500 === 0) process.stderr.write(`${run} of ${runs} logs\n`)
          const log = written(steps)
          inBatches(log, sizes)
          restored(log, turn % log.states.length)
        }),
        { numRuns: runs, ...(seed === undefined ? {} : { seed }) }
      )
    }
  )
})

interface Log {
  readonly entries: ReadonlyArray<Entry>
  readonly effects: ReadonlyArray<Pick<Effects, "changes" | "result">>
  /** After so many entries. */
  readonly states: ReadonlyArray<State.State>
}

/** Writes a log of `steps`, and holds each of its entries against the model. */
function written(steps: ReadonlyArray<Step>): Log {
  const model = new Model()
  const commands: Array<Command> = []
  const entries: Array<Entry> = []
  const effects: Array<Pick<Effects, "changes" | "result">> = []
  const states = [State.empty]
  const held: Array<() => void> = []
  for (const step of steps) {
    const before = states.at(-1)!
    if (states.length % 8 === 0) held.push(stays(before))
    const again = step.again === undefined ? undefined : commands[step.again % commands.length]
    const command = again ?? commandOf(step, model)
    if (command !== undefined) commands.push(command)
    const time = LogTime.make(model.time + step.elapsedMs)
    const entry = { index: LogIndex.make(model.index + 1), time, command }
    const expected = model.run(time, command)
    const applied = apply(before, entry)
    const result = Describe.wordless(expected.result)
    assert.deepStrictEqual(Describe.effect(applied), { ...expected, result })
    agree(model, applied.state)
    entries.push(entry)
    effects.push(plainEffect(applied))
    states.push(applied.state)
  }
  for (const check of held) check()
  return { entries, effects, states }
}

function agree(model: Model, state: State.State) {
  assert.strictEqual(state.index, model.index)
  assert.deepStrictEqual(Describe.contents(state), model.contents())
  const bytes = Array.from(Tree.entries(state.collections), ([name, collection]) => {
    assert.strictEqual(collection.bytes, model.bytes(name))
    return collection.bytes
  })
  assert.strictEqual(
    state.bytes,
    bytes.reduce((sum, each) => sum + each, 0)
  )
  assert.strictEqual(state.rememberedSum, rememberedSum.sum(state))
  assert.strictEqual(state.resultBytes, resultBytes.sum(state))
}

/** Another node, which has the commands from their bytes, and applies some at a time. */
function inBatches(log: Log, sizes: ReadonlyArray<number>) {
  let state = State.empty
  for (let turn = 0; state.index < log.entries.length; turn += 1) {
    const from = state.index
    const entries = log.entries.slice(from, from + sizes[turn % sizes.length]! + 1).map(sent)
    const unchanged = turn % 2 === 0 ? stays(state) : () => {}
    const batch = applyBatch(state, entries)
    unchanged()
    state = batch.state
    assert.strictEqual(state.index, from + entries.length)
    assert.strictEqual(digest(state), digest(log.states[state.index]!))
    assert.deepStrictEqual(batch.applied.map(plainEffect), log.effects.slice(from, state.index))
  }
  assert.strictEqual(Describe.describe(state), Describe.describe(log.states.at(-1)!))
}

/** A third node begins with a snapshot of the state after `at` entries. */
function restored(log: Log, at: number) {
  const decoder = Snapshot.makeDecoder()
  const header = { cluster: "c", term: 1, members: ["m"] }
  for (const chunk of Snapshot.encode(log.states[at]!, header))
    assert.isUndefined(decoder.push(chunk))
  const loaded = decoder.finish()
  assert.strictEqual(loaded._tag, "State")
  if (loaded._tag !== "State") return
  const rest = applyBatch(loaded.state, log.entries.slice(at))
  assert.deepStrictEqual(rest.applied.map(plainEffect), log.effects.slice(at))
  assert.strictEqual(Describe.describe(rest.state), Describe.describe(log.states.at(-1)!))
  assert.strictEqual(digest(rest.state), digest(log.states.at(-1)!))
}

/** Checks later that nothing of `state` has changed since. */
function stays(state: State.State): () => void {
  const before = Describe.describe(state)
  return () => assert.strictEqual(Describe.describe(state), before)
}

function sent(entry: Entry): Entry {
  if (entry.command === undefined) return entry
  const decoded = CommandCodec.decode(CommandCodec.encode(entry.command))
  assert.strictEqual(decoded._tag, "Known")
  return decoded._tag === "Known" ? { ...entry, command: decoded.command } : entry
}

function plainEffect({ changes, result }: Effects) {
  return { changes, result }
}
