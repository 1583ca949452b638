import { assert, describe, it } from "@effect/vitest"
import * as collections from "../../src/apply/collections.ts"
import * as Draft from "../../src/apply/Draft.ts"
import * as Tree from "../../src/tree/Tree.ts"
import { add, batch, create, date, Node } from "../model/node.ts"

const drop = { _tag: "DeleteCollection", collection: "a" } as const
const createIndex = (name: string, unique = false) =>
  ({ _tag: "CreateIndex", collection: "a", index: { name, keys: ["n"], unique } }) as const
const deleteIndex = (index: string) => ({ _tag: "DeleteIndex", collection: "a", index }) as const

const on = (name: string, ...keys: ReadonlyArray<string>) =>
  ({ _tag: "CreateIndex", collection: "a", index: { name, keys } }) as const

describe("collections", () => {
  it("[ST22] one that is dropped and created again is another one", () => {
    const node = new Node()
    const uid = () => Tree.get(node.state.collections, "a")!.uid
    node.run(create())
    assert.strictEqual(uid(), 1)
    node.run(batch(add("1"), add("2")))
    const dropped = node.apply(node.entry(drop))
    assert.deepInclude<any>(dropped.result, { _tag: "Written", matched: 2, modified: 2 })
    assert.deepStrictEqual<unknown>(dropped.changes, [
      { index: 3, op: 0, collection: "a", uid: 1, kind: "dropped" }
    ])
    assert.deepStrictEqual<unknown>(node.run(drop), { _tag: "CollectionNotFound", collection: "a" })
    node.run(batch(create(), add("1"), drop, create()))
    assert.strictEqual(uid(), 5)
    assert.strictEqual(node.state.documents, 0)
    assert.strictEqual(node.state.bytes, 0)
  })

  it("there are at most 1,000, and none of the system's names", () => {
    const node = new Node()
    const exists = { _tag: "CollectionExists", collection: "a" }
    node.run(create())
    assert.deepStrictEqual<unknown>(node.run(create()), exists)
    assert.deepInclude<any>(node.run(create({ collection: "_a" })), { _tag: "InvalidCommand" })
    for (let at = 1; at < 1000; at += 1) node.run(create({ collection: `c${at}` }))
    const full = { _tag: "LimitReached", what: "collections", max: 1000 }
    assert.deepStrictEqual<unknown>(node.run(create({ collection: "more" })), full)
    node.run(drop)
    assert.deepInclude<any>(node.run(create({ collection: "more" })), { _tag: "Written" })
  })

  it("an index is built from what is there, or refused", () => {
    const node = new Node()
    node.run(create({ expires: "at" }))
    node.run(batch(add("1", { n: 1 }), add("2", { n: 1 }), add("3")))
    assert.deepStrictEqual<unknown>(node.run(createIndex("byN", true)), {
      _tag: "DuplicateKey",
      collection: "a",
      index: "byN",
      id: "1"
    })
    assert.deepInclude<any>(node.run(createIndex("byN")), {
      _tag: "Written",
      matched: 0,
      modified: 0
    })
    const exists = { _tag: "IndexExists", collection: "a", index: "byN" }
    assert.deepInclude<any>(node.run(createIndex("byN")), { _tag: "Written" })
    assert.deepStrictEqual<unknown>(node.run(createIndex("byN", true)), exists)
    assert.deepInclude<any>(node.run(deleteIndex("byN")), { _tag: "Written" })
    const absent = { _tag: "IndexNotFound", collection: "a", index: "byN" }
    assert.deepStrictEqual<unknown>(node.run(deleteIndex("byN")), absent)
    assert.deepInclude<any>(node.run(deleteIndex("_expires")), { _tag: "InvalidCommand" })
    for (let at = 0; at < 16; at += 1) node.run(on(`i${at}`, `n${at}`))
    assert.deepInclude<any>(node.run(createIndex("more")), { _tag: "LimitReached", max: 16 })
  })

  it("an index that cannot be is refused before anything is done for it", () => {
    const node = new Node()
    const indexes = Array.from({ length: 15 }, (_, at) => ({ name: `i${at}`, keys: [`n${at}`] }))
    node.run(create({ expires: "at", indexes }))
    node.run(add("1", { at: date(5) }))
    node.time = 5
    const done = (op: { readonly _tag: "CreateIndex" }) => {
      const draft = Draft.make(node.state, node.entry(op), Tree.makeEdit())
      const { _tag } = collections.createIndex(draft, op as never)
      return [_tag, draft.changes.length]
    }
    assert.deepStrictEqual(done(createIndex("new")), ["Written", 1])
    assert.deepStrictEqual(done(createIndex("i0", true)), ["IndexExists", 0])
    assert.deepStrictEqual(done(createIndex("no name")), ["InvalidCommand", 0])
    node.run(on("i15", "n15"))
    node.run(add("2", { at: date(5) }))
    assert.deepStrictEqual(done(createIndex("new")), ["LimitReached", 0])
  })

  it("an index of the paths of another is refused, in that order", () => {
    const node = new Node()
    node.run(create({ expires: "at", indexes: [on("a", "x", "y").index] }))
    assert.deepStrictEqual<unknown>(node.run(on("b", "x", "y")), {
      _tag: "InvalidCommand",
      path: "index.keys",
      issue: 'the index "a" has the same paths'
    })
    for (const op of [on("b", "y", "x"), on("c", "x"), on("d", "at"), deleteIndex("a")])
      assert.deepInclude<any>(node.run(op), { _tag: "Written" })
    assert.deepInclude<any>(node.run(on("e", "x", "y")), { _tag: "Written" })
  })
})
