import { assert, describe, it } from "@effect/vitest"
import { makesRoom, recall } from "../../src/apply/exactlyOnce.ts"
import * as rememberedSum from "../../src/apply/rememberedSum.ts"
import * as resultBytes from "../../src/apply/resultBytes.ts"
import * as Checked from "../../src/command/Checked.ts"
import type { Sender } from "../../src/command/Command.ts"
import * as Tree from "../../src/tree/Tree.ts"
import { add, create, Node, type Op } from "../model/node.ts"

const open = (session = "s", owner = "o"): Op => ({ _tag: "OpenSession", session, owner })
const expire = (sessionsBefore: number, keysBefore: number): Op => ({
  _tag: "ExpireSessions",
  sessionsBefore,
  keysBefore
})
const session = (seq: number, ack = 0): Sender => ({ _tag: "Session", session: "s", seq, ack })
const key = (op: Op, key = "k", owner = "o"): Sender => ({
  _tag: "Key",
  owner,
  key,
  fingerprint: Checked.fingerprint(op as never)
})

const written = { _tag: "Written" }

describe("a session", () => {
  it("[ST7] gets the same answer again, and nothing runs", () => {
    const node = opened()
    const first = node.run(add("1"), session(1))
    assert.deepInclude<any>(first, { _tag: "Written", version: 3 })
    const refused = node.run(add("1"), session(2))
    assert.deepInclude<any>(refused, { _tag: "DuplicateKey" })
    node.run({ _tag: "DeleteDocument", collection: "a", id: "1" })
    for (const op of [add("1"), add("2")]) {
      const again = node.apply(node.entry(op, session(1)))
      assert.deepStrictEqual(again.result, first)
      assert.deepStrictEqual(again.changes, [])
      assert.deepStrictEqual(node.run(op, session(2)), refused)
    }
    assert.deepStrictEqual(node.ids(), { a: [] })
    assert.deepStrictEqual(recall(node.state, session(1)), first)
    assert.isUndefined(recall(node.state, session(3)))
  })

  it("[ST7] may send its commands in any order; what it acknowledged is stale", () => {
    const node = opened()
    for (const seq of [3, 1, 2])
      assert.deepInclude<any>(node.run(add(`${seq}`), session(seq)), written)
    assert.deepInclude<any>(node.run(add("5"), session(5, 2)), written)
    const stale = { _tag: "Stale", session: "s", seq: 2 }
    assert.deepStrictEqual<unknown>(node.run(add("2"), session(2)), stale)
    assert.deepStrictEqual<unknown>(recall(node.state, session(2)), stale)
    assert.deepInclude<any>(node.run(add("3"), session(3)), { _tag: "Written", version: 3 })
    assert.deepInclude<any>(node.run(add("4"), session(4, 1)), written)
    assert.strictEqual(Tree.get(node.state.sessions, "s")!.lowest, 3)
    assert.deepInclude<any>(node.run(add("0"), session(0)), { _tag: "Stale" })
  })

  it("[ST7] has at most 1,024 unacknowledged results, and may then send again", () => {
    const node = opened()
    for (let seq = 1; seq <= 1024; seq += 1)
      assert.deepInclude<any>(node.run(add(`${seq}`), session(seq)), written)
    const many = { _tag: "TooManyUnacknowledged", session: "s", max: 1024 }
    assert.deepStrictEqual<unknown>(node.run(add("1025"), session(1025)), many)
    assert.isUndefined(recall(node.state, session(1025)))
    assert.deepInclude<any>(node.run(add("1"), session(1)), { _tag: "Written", version: 3 })
    assert.deepInclude<any>(node.run(add("1025"), session(1025, 1)), written)
    assert.deepStrictEqual<unknown>(node.run(add("1026"), session(1026, 1)), many)
    assert.deepInclude<any>(node.run(add("1026"), session(1026, 1025)), written)
    assert.strictEqual(Tree.get(node.state.sessions, "s")!.results.size, 1)
  })

  it("[ST8] that is unknown or has expired runs nothing", () => {
    const node = new Node()
    node.run(create())
    const expired = { _tag: "SessionExpired", session: "s" }
    assert.deepStrictEqual<unknown>(node.run(add("1"), session(1)), expired)
    assert.isUndefined(recall(node.state, session(1)))
    node.time = 100
    node.run(open())
    node.time = 200
    const first = node.run(add("1"), session(1))
    node.time = 300
    // Opening it again, as a repeated entry would, forgets nothing.
    node.run(open())
    assert.deepInclude<any>(node.run(open("s", "another")), { _tag: "InvalidCommand" })
    node.run(expire(199, 0))
    assert.deepStrictEqual(node.run(add("1"), session(1)), first)
    node.run(expire(200, 0))
    assert.deepStrictEqual<unknown>(node.run(add("2"), session(1)), expired)
    assert.deepStrictEqual<unknown>(node.run(add("2"), session(2)), expired)
    node.run(open())
    assert.deepInclude<any>(node.run(add("2"), session(1)), written)
    assert.deepStrictEqual(node.ids(), { a: ["1", "2"] })
  })
})

describe("a one-shot command", () => {
  it("[ST7] takes effect once under its key, and another one is refused there", () => {
    const node = opened()
    const first = node.run(made("1", "red"), key(made("1", "red")))
    assert.deepInclude<any>(first, { _tag: "Written", id: "1" })
    // Sent again it has another made-up id, and is the same command.
    assert.deepStrictEqual(node.run(made("2", "red"), key(made("2", "red"))), first)
    assert.deepStrictEqual(recall(node.state, key(made("2", "red"))), first)
    const reused = { _tag: "IdempotencyKeyReused", key: "k" }
    assert.deepStrictEqual<unknown>(node.run(made("2", "blue"), key(made("2", "blue"))), reused)
    assert.deepStrictEqual<unknown>(recall(node.state, key(made("2", "blue"))), reused)
    const others = [key(made("2", "red"), "k", "p"), key(made("3", "red"), "l")]
    others.forEach((sender, at) =>
      assert.deepInclude<any>(node.run(made(`${at + 2}`, "red"), sender), written)
    )
    assert.deepStrictEqual(node.ids(), { a: ["1", "2", "3"] })
  })

  it("[ST7] is remembered until the leader says so, also if it was refused", () => {
    const node = opened()
    node.time = 100
    const absent: Op = { _tag: "DeleteDocument", collection: "a", id: "1" }
    const first = node.run(absent, key(absent))
    node.time = 200
    node.run(add("1"), key(add("1"), "l"))
    assert.deepInclude<any>(first, { _tag: "DocumentNotFound" })
    node.run(expire(0, 99))
    assert.deepStrictEqual(node.run(absent, key(absent)), first)
    node.run(expire(0, 100))
    assert.deepInclude<any>(node.run(absent, key(absent)), { _tag: "Written", version: 8 })
    assert.deepInclude<any>(node.run(add("1"), key(add("1"), "l")), { _tag: "Written", version: 4 })
  })
})

describe("ExpireSessions", () => {
  it("[ST8] forgets 10,000 keys at most, the oldest first, and the rest when it comes again", () => {
    const node = opened()
    for (let at = 0; at < 10_001; at += 1) node.run(add("1"), key(add("1"), `${at}`))
    node.run(expire(0, 0))
    assert.deepStrictEqual([...names(node.state.keys)], [JSON.stringify(["o", "10000"])])
    assert.strictEqual(node.state.keyOrder.size, 1)
    assert.strictEqual(node.state.rememberedSum, rememberedSum.sum(node.state))
    node.run(expire(0, 0))
    assert.deepStrictEqual([node.state.keys.size, node.state.rememberedSum], [0, 0])
  })

  it("[ST8] forgets sessions, by their ids, until there are 10,000 of them and their results", () => {
    const node = new Node()
    for (let at = 10_001; at >= 0; at -= 1) node.run(open(`${at}`.padStart(5, "0")))
    const before = node.state
    node.run(add("1"), { _tag: "Session", session: "00000", seq: 1, ack: 0 })
    node.run(expire(0, -1))
    assert.deepStrictEqual([...names(node.state.sessions)], ["09999", "10000", "10001"])
    assert.strictEqual(node.state.rememberedSum, rememberedSum.sum(node.state))
    // Those who still read what was before find it whole.
    assert.strictEqual([...names(before.sessions)].length, 10_002)
    node.run(expire(0, -1))
    assert.deepStrictEqual([node.state.sessions.size, node.state.rememberedSum], [0, 0])
  })
})

describe("the size of what is remembered", () => {
  it("[DB29] follows what sessions are answered, acknowledge and lose", () => {
    const node = opened()
    node.run(add("1"), session(2))
    const one = node.state.resultBytes
    assert.isAbove(one, 100)
    // A refusal counts with its texts.
    assert.deepInclude<any>(node.run(add("1"), session(3)), { _tag: "DuplicateKey" })
    assert.isAbove(node.state.resultBytes, 2 * one)
    assert.strictEqual(node.state.resultBytes, resultBytes.sum(node.state))
    node.run(add("2"), session(4, 3))
    assert.strictEqual(node.state.resultBytes, one)
    node.run(expire(0, -1))
    assert.strictEqual(node.state.resultBytes, 0)
  })

  it("[DB29] does not grow by a command that lets go of a result, and hardly by one of a session that has few", () => {
    const { state } = opened()
    assert.isTrue(makesRoom(state, session(1) as never, 0))
    const node = opened()
    node.run(add("1"), session(7))
    // What is acknowledged was never answered here.
    assert.isFalse(makesRoom(node.state, session(8, 6) as never, 0))
    assert.isTrue(makesRoom(node.state, session(8, 7) as never, 0))
    assert.isTrue(makesRoom(node.state, session(8, 6) as never, node.state.resultBytes))
    assert.isFalse(makesRoom(node.state, session(8, 6) as never, node.state.resultBytes - 1))
  })
})

const names = <A>(tree: Tree.Tree<string, A>) => Array.from(Tree.entries(tree), ([name]) => name)

/** An add that leaves the id to whoever proposes it. */
function made(newId: string, color: string): Op {
  return { _tag: "AddDocument", collection: "a", document: { color }, newId }
}

function opened() {
  const node = new Node()
  node.run(create())
  node.run(open())
  return node
}
