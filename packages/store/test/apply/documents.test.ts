import { assert, describe, it } from "@effect/vitest"
import { applyBatch } from "../../src/apply/apply.ts"
import * as Tree from "../../src/tree/Tree.ts"
import * as Describe from "../model/describe.ts"
import { add, batch, create, Node, remove, removeMatches, update, type Op } from "../model/node.ts"

const byName = { name: "byName", keys: ["name"], unique: true }

describe("documents", () => {
  it("[ST12] of two that race for a unique key the first in the log has it", () => {
    const node = new Node()
    node.run(create({ indexes: [byName] }))
    assert.deepInclude<any>(node.run(add("1", { name: "x" })), { _tag: "Written", matched: 0 })
    const taken = { _tag: "DuplicateKey", collection: "a", index: "byName", id: "1" }
    assert.deepStrictEqual<unknown>(node.run(add("2", { name: "x" })), taken)
    assert.deepInclude<any>(node.run(add("2", { name: "y" })), { _tag: "Written" })
    assert.deepStrictEqual<unknown>(node.run(update("2", { set: { name: "x" } })), taken)
    const swap = batch(update("1", { set: { name: "z" } }), update("2", { set: { name: "x" } }))
    assert.deepInclude<any>(node.run(swap), { _tag: "Written", matched: 2, modified: 2 })
    node.run(remove("2"))
    assert.deepInclude<any>(node.run(add("3", { name: "x" })), { _tag: "Written" })
  })

  it("[ST12] what is missing or null is not unique", () => {
    const node = new Node()
    node.run(create({ indexes: [byName] }))
    for (const [id, fields] of [["1"], ["2"], ["3", { name: null }]] as const)
      assert.deepInclude<any>(node.run(add(id, fields)), { _tag: "Written" })
  })

  it("[ST2] a batch is done whole or not at all, and says where it failed", () => {
    const node = new Node()
    node.run(create())
    node.run(add("1"))
    const before = node.ids()
    const reason = { _tag: "DuplicateKey", collection: "a", index: "_id", id: "1" }
    const other = create({ collection: "b" })
    const applied = node.apply(node.entry(batch(add("2"), remove("1"), other, add("2"), add("3"))))
    assert.deepStrictEqual<unknown>(applied.result, {
      _tag: "BatchRefused",
      position: 3,
      reason: { ...reason, id: "2" }
    })
    assert.deepStrictEqual(applied.changes, [])
    assert.deepStrictEqual(node.ids(), before)
  })

  it("[ST2] a refused batch leaves nothing behind in what was applied together with it", () => {
    const node = new Node()
    node.run(create({ indexes: [{ name: "n", keys: ["n"] }] }))
    const entries = [add("1"), batch(add("2"), remove("1"), add("2")), add("3")].map((op, at) => ({
      ...node.entry(op),
      index: (node.state.index + 1 + at) as never
    }))
    const { applied, state } = applyBatch(node.state, entries)
    assert.deepStrictEqual(
      applied.map(({ result }) => result?._tag),
      ["Written", "BatchRefused", "Written"]
    )
    assert.deepStrictEqual(new Node(state).ids(), { a: ["1", "3"] })
    assert.strictEqual(Tree.get(state.collections, "a")!.indexes[0]!.entries.size, 2)
  })

  it("[ST4] a batch has one version, and its changes are numbered through", () => {
    const node = new Node()
    node.run(create())
    node.run(add("1"))
    const applied = node.apply(
      node.entry(batch(add("2"), update("1", { inc: { n: 1 } }), remove("2")))
    )
    assert.deepStrictEqual<unknown>(applied.result, {
      _tag: "Written",
      version: 3,
      matched: 2,
      modified: 3
    })
    assert.deepStrictEqual(
      applied.changes.map(({ index, kind, op }) => [index, op, kind]),
      [
        [3, 0, "added"],
        [3, 1, "updated"],
        [3, 2, "deleted"]
      ]
    )
    assert.deepInclude<any>(node.run(batch()), { _tag: "Written", matched: 0, modified: 0 })
  })

  it("an update that leaves the document as it is changes nothing", () => {
    const node = new Node()
    node.run(create())
    node.run(add("1", { a: { x: 1, y: [2] } }))
    for (const change of [
      { set: { "a.x": 1 } },
      { replace: { a: { y: [2], x: 1 } } },
      { unset: ["b.c"] },
      { inc: { "a.x": 0 } }
    ]) {
      const applied = node.apply(node.entry(update("1", change)))
      assert.deepInclude<any>(applied.result, { _tag: "Written", matched: 1, modified: 0 })
      assert.deepStrictEqual(applied.changes, [])
    }
    assert.deepInclude<any>(node.run(remove("1", { ifRev: 2 })), { _tag: "Written" })
  })

  it("a revision that is not the expected one is refused", () => {
    const node = new Node()
    node.run(create())
    node.run(add("1"))
    const mismatch = { _tag: "RevisionMismatch", collection: "a", id: "1", actual: 2 }
    for (const expected of [0, 1, 3]) {
      const refused = { ...mismatch, expected }
      const change = { set: { n: 1 }, ifRev: expected }
      assert.deepStrictEqual<unknown>(node.run(update("1", change)), refused)
      assert.deepStrictEqual<unknown>(node.run(update("1", { ...change, upsert: true })), refused)
      assert.deepStrictEqual<unknown>(node.run(remove("1", { ifRev: expected })), refused)
    }
    assert.deepInclude<any>(node.run(update("1", { set: { n: 1 }, ifRev: 2 })), { _tag: "Written" })
    assert.deepInclude<any>(node.run(update("1", { set: { n: 2 }, ifRev: 2 })), {
      _tag: "RevisionMismatch"
    })
  })

  it("an upsert of what is absent takes revision 0 for none", () => {
    const node = new Node()
    node.run(create())
    const change = { set: { "b.c": 1 }, upsert: true }
    assert.deepStrictEqual<unknown>(node.run(update("1", { ...change, ifRev: 7 })), {
      _tag: "RevisionMismatch",
      collection: "a",
      id: "1",
      expected: 7,
      actual: 0
    })
    assert.deepInclude<any>(node.run(update("1", { ...change, ifRev: 0 })), {
      matched: 0,
      modified: 1
    })
    const absent = { _tag: "DocumentNotFound", collection: "a", id: "2" }
    assert.deepStrictEqual<unknown>(node.run(update("2", { set: {}, ifRev: 7 })), absent)
    assert.deepStrictEqual<unknown>(node.run(remove("2", { ifRev: 7 })), absent)
    assert.deepStrictEqual(Describe.contents(node.state), {
      a: { "1": { doc: { _id: "1", b: { c: 1 } }, rev: 3 } }
    })
  })

  it("deletes the matches of the lowest ids, and none where too many match", () => {
    const node = new Node()
    node.run(create({ indexes: [{ name: "n", keys: ["n"] }] }))
    for (let from = 0; from < 10_000; from += 100)
      node.run(
        batch(...Array.from({ length: 100 }, (_, at) => add(id(from + at), { n: -from - at })))
      )
    // The index finds them the other way round.
    const low = removeMatches({ n: { $lte: 0 } }, { limit: 2 })
    assert.deepStrictEqual(node.changes(low), [`deleted ${id(0)}`, `deleted ${id(1)}`])
    for (const at of [0, 1, 10_000]) node.run(add(id(at), { n: -at }))
    const refused = { _tag: "TooManyMatches", max: 10_000 }
    assert.deepStrictEqual<unknown>(node.run(removeMatches({})), refused)
    assert.deepStrictEqual<unknown>(node.run(removeMatches({}, { limit: 20_000 })), refused)
    assert.strictEqual(node.state.documents, 10_001)
    assert.deepInclude<any>(node.run(removeMatches({}, { limit: 10_000 })), { modified: 10_000 })
    assert.strictEqual(node.state.documents, 1)
  })

  it("[ST20] a collection holds as many documents and bytes as it may, exactly", () => {
    const node = new Node()
    const index = { name: "n", keys: ["n"] }
    const bytes = `{"_id":"1","n":1}`.length + "#12345678".length + "1".length
    node.run(create({ documentsMax: 2, indexes: [index] }))
    node.run(create({ collection: "b", bytesMax: bytes, indexes: [index] }))
    node.run(batch(add("1"), add("2")))
    const full = { _tag: "CollectionFull", collection: "a", what: "documents", max: 2 }
    assert.deepStrictEqual<unknown>(node.run(add("3")), full)
    assert.deepInclude<any>(node.run(update("2", { set: { n: 1 } })), { modified: 1 })
    assert.deepInclude<any>(node.run(inB(add("1", { n: 1 }))), { _tag: "Written" })
    for (const op of [inB(update("1", { set: { n: 10 } })), inB(add("2"))])
      assert.deepStrictEqual<unknown>(node.run(op), {
        ...full,
        collection: "b",
        what: "bytes",
        max: bytes
      })
    const more = inB({ _tag: "CreateIndex", index: { name: "more", keys: ["m"] } })
    assert.deepInclude<any>(node.run(more), { _tag: "CollectionFull", what: "bytes" })
  })

  it("what cannot be stored is refused, before it is copied", () => {
    const node = new Node()
    node.run(create())
    const inherited = JSON.parse(`{"__proto__":1}`)
    for (const fields of [inherited, { a: inherited }, { a: new Map() }, { a: [Number.NaN] }]) {
      const invalid = { _tag: "InvalidDocument" }
      assert.deepInclude<any>(node.run(add("1", fields)), invalid)
      assert.deepInclude<any>(node.run(update("1", { replace: fields, upsert: true })), invalid)
    }
    const large = { text: "x".repeat(512 * 1024) }
    const tooLarge = { _tag: "DocumentTooLarge", maxBytes: 512 * 1024 }
    for (const change of [{ replace: large }, { set: large }])
      assert.deepInclude<any>(node.run(update("1", { ...change, upsert: true })), tooLarge)
  })

  it("what a caller keeps of a document does not change it", () => {
    const node = new Node()
    node.run(create())
    const document = { _id: "1", bytes: new Uint8Array([1]), none: undefined, zero: -0 }
    node.run({ _tag: "AddDocument", collection: "a", document })
    document.bytes[0] = 9
    const stored = Tree.get(Tree.get(node.state.collections, "a")!.documents, "1")!
    assert.deepStrictEqual<unknown>(stored.document, {
      _id: "1",
      bytes: new Uint8Array([1]),
      zero: 0
    })
  })
})

function inB(op: Op): Op {
  return { ...op, collection: "b" }
}

function id(at: number) {
  return String(at).padStart(5, "0")
}
