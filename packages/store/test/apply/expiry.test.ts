import { assert, describe, it } from "@effect/vitest"
import { applyBatch } from "../../src/apply/apply.ts"
import * as documents from "../../src/apply/documents.ts"
import * as Draft from "../../src/apply/Draft.ts"
import * as Tree from "../../src/tree/Tree.ts"
import type { Result } from "../../src/command/Result.ts"
import { dueMs } from "../../src/apply/expiry.ts"
import { LogIndex } from "../../src/value/LogIndex.ts"
import {
  add,
  batch,
  create,
  date,
  Node,
  remove,
  removeMatches,
  update,
  type Op
} from "../model/node.ts"

const expires = { expires: "at" }
const unique = { indexes: [{ name: "byName", keys: ["name"], unique: true }] }
const sweep = { _tag: "ExpireDocuments" } as const

describe("expiry", () => {
  it("[ST17] a document is there until its time, and from then on absent", () => {
    for (const [time, there] of [
      [99, true],
      [100, false],
      [101, false]
    ] as const) {
      const node = at(time, {}, add("1", { at: date(100) }))
      const tag = (op: Parameters<Node["run"]>[0]) => {
        const { _tag } = new Node(node.state).run(op) as Result
        return _tag
      }
      assert.strictEqual(
        tag(update("1", { set: { n: 1 } })),
        there ? "Written" : "DocumentNotFound"
      )
      assert.strictEqual(tag(remove("1")), there ? "Written" : "DocumentNotFound")
      assert.strictEqual(tag(add("1")), there ? "DuplicateKey" : "Written")
      const drop = { _tag: "DeleteCollection", collection: "a" } as const
      assert.deepInclude<any>(new Node(node.state).run(drop), { modified: there ? 1 : 0 })
      assert.deepInclude<any>(new Node(node.state).run(removeMatches({})), {
        modified: there ? 1 : 0
      })
      assert.deepInclude<any>(new Node(node.state).run(sweep), { modified: there ? 0 : 1 })
    }
  })

  it("[ST17] an add or an upsert over it takes it away first", () => {
    const node = at(100, {}, add("1", { at: date(100), n: 1 }), add("2", { at: date(50) }))
    assert.deepStrictEqual(node.changes(add("1", { n: 2 })), ["expired 1", "added 1"])
    const upsert = update("2", { set: { n: 2 }, upsert: true, ifRev: 0 })
    assert.deepStrictEqual(node.changes(upsert), ["expired 2", "added 2"])
    assert.strictEqual(node.state.documents, 2)
  })

  it("[ST17] it holds no unique key any more", () => {
    const index = { indexes: [...unique.indexes, { name: "byN", keys: ["n"], unique: true }] }
    const gone = [add("1", { name: "x", at: date(100) }), add("2", { n: 1, at: date(100) })]
    const node = at(100, index, ...gone, add("4"))
    const both = { name: "x", n: 1 }
    assert.deepStrictEqual(node.changes(add("3", both)), ["expired 2", "expired 1", "added 3"])
    const other = at(100, index, ...gone, add("4"))
    assert.deepStrictEqual(other.changes(update("4", { set: both })), [
      "expired 2",
      "expired 1",
      "updated 4"
    ])
  })

  it("[ST17] a new unique index does not see it", () => {
    const node = at(100, {}, add("1", { name: "x", at: date(100) }), add("2", { name: "x" }))
    const createIndex = { _tag: "CreateIndex", collection: "a", index: unique.indexes[0] } as const
    assert.deepStrictEqual(node.changes(createIndex), ["expired 1"])
  })

  it("[ST2] a refused command takes nothing away, also none that expired", () => {
    const documents = [add("1", { name: "x", at: date(100) }), add("2", { n: 1 })]
    const index = { indexes: [...unique.indexes, { name: "z", keys: ["n"], unique: true }] }
    const node = at(100, index, ...documents)
    const refused = [
      // The expired holder of the name is met first, then the other key is taken.
      add("3", { name: "x", n: 1 }),
      add("1", { n: 1 }),
      update("1", { set: { n: 2 } }),
      batch(add("1"), add("2"))
    ]
    const { applied, state } = after(node, update("2", { inc: { m: 1 } }), ...refused)
    for (const { changes, result } of applied.slice(1)) {
      assert.notStrictEqual(result?._tag, "Written")
      assert.deepStrictEqual(changes, [])
    }
    assert.deepStrictEqual(new Node(state).ids(), { a: ["1", "2"] })
  })

  it("a full collection takes away what has expired until there is room, and is full if that is not enough", () => {
    const limits = { documentsMax: 3, bytesMax: 250 }
    const documents = [add("3", { at: date(50) }), add("1", { at: date(100) }), add("2")]
    const node = at(100, limits, ...documents)
    assert.deepStrictEqual(node.changes(add("4")), ["expired 3", "added 4"])
    assert.deepInclude<any>(node.run(add("5", { text: "x".repeat(250) })), {
      _tag: "CollectionFull"
    })
    assert.deepInclude<any>(node.run(batch(add("5"), add("6"))), { _tag: "BatchRefused" })
    assert.deepStrictEqual(node.ids(), { a: ["1", "2", "4"] })
    const other = at(100, limits, ...documents)
    const large = add("5", { text: "x".repeat(250) })
    const { applied, state } = after(other, update("2", { inc: { m: 1 } }), large)
    assert.deepInclude<any>(applied[1]!.result, { _tag: "CollectionFull", what: "bytes" })
    assert.deepStrictEqual(new Node(state).ids(), { a: ["1", "2", "3"] })
  })

  it("[ST17] a full collection takes away as many as it must, however many are due", () => {
    const size = 1200
    const node = filled({ documentsMax: size, bytesMax: 100_000 }, size, () => ({ at: date(5) }))
    node.time = 5
    assert.deepStrictEqual(node.changes(add("one")), ["expired 0000", "added one"])
    const large = node.apply(node.entry(add("large", { text: "x".repeat(98_000) })))
    assert.strictEqual(large.result?._tag, "Written")
    assert.isAbove(large.changes.length, 1100)
    assert.isAbove(node.state.documents, 2)
  })

  it("[ST17] the expired holders of many keys go in one pass", () => {
    const size = 400
    const index = { name: "tags", keys: ["tags"], unique: true }
    const node = filled({ indexes: [index] }, size, (n) => ({ at: date(5), tags: tagsOf(n) }))
    node.time = 5
    const all = Array.from({ length: size }, (_, n) => tagsOf(n)).flat()
    const op = { ...add("all", { tags: all }) } as never
    const draft = Draft.make(node.state, node.entry(op), Tree.makeEdit())
    const edits = new Set([draft.edit])
    const watched = Object.defineProperty({ ...draft }, "edit", {
      get: () => [...edits].at(-1),
      set: (edit) => {
        edits.add(edit)
      }
    })
    assert.strictEqual(documents.add(watched, op)._tag, "Written")
    assert.strictEqual(watched.changes.length, size + 1)
    assert.strictEqual(watched.state.documents, 1)
    assert.strictEqual(edits.size, 2)
  })

  it("ExpireDocuments removes 1,000 at most, collection by collection, by their time", () => {
    const node = new Node()
    node.run(create({ collection: "b", ...expires }))
    node.run(create(expires))
    const many = (collection: string, count: number) => {
      for (let at = 0; at < count; at += 100)
        node.run(
          batch(
            ...Array.from({ length: 100 }, (_, more) => ({
              ...add(String(at + more).padStart(4, "0"), { at: date(1000 - at - more) }),
              collection
            }))
          )
        )
    }
    many("b", 700)
    many("a", 700)
    node.run(add("never", { at: "1970" }))
    assert.strictEqual(dueMs(node.state), 301)
    node.time = 999
    const swept = node.apply(node.entry(sweep))
    assert.deepInclude<any>(swept.result, { _tag: "Written", matched: 1000, modified: 1000 })
    assert.deepStrictEqual(
      [swept.changes[0], swept.changes[698], swept.changes[699], swept.changes[999]].map(
        (change) => change!.kind !== "dropped" && `${change!.collection} ${change!.id}`
      ),
      ["a 0699", "a 0001", "b 0699", "b 0399"]
    )
    assert.strictEqual(dueMs(node.state), 602)
    assert.deepInclude<any>(node.run(sweep), { modified: 398 })
    assert.deepInclude<any>(node.run(sweep), { modified: 0 })
    assert.strictEqual(node.state.documents, 3)
    assert.strictEqual(dueMs(node.state), 1000)
  })
})

/** A node with so many documents that are there until a time. */
function filled(options: object, size: number, fields: (at: number) => object) {
  const node = new Node()
  node.run(create({ ...expires, ...options }))
  for (let from = 0; from < size; from += 100) {
    const some = Array.from({ length: 100 }, (_, more) =>
      add(String(from + more).padStart(4, "0"), fields(from + more))
    )
    assert.deepInclude<any>(node.run(batch(...some)), { _tag: "Written" })
  }
  return node
}

function tagsOf(at: number) {
  return [at, `t${at}`]
}

/** Applied together, so that trees may be changed in place. */
function after(node: Node, ...ops: ReadonlyArray<Op>) {
  const entries = ops.map((op, at) => ({
    ...node.entry(op),
    index: LogIndex.make(node.state.index + 1 + at)
  }))
  return applyBatch(node.state, entries)
}

/** A node with these documents, whose log time is `time` now. */
function at(time: number, options: object, ...documents: ReadonlyArray<Op>) {
  const node = new Node()
  node.run(create({ ...expires, ...options }))
  for (const each of documents) node.run(each)
  assert.strictEqual(node.state.documents, documents.length)
  node.time = time
  node.apply({ ...node.entry(sweep), command: undefined })
  return node
}
