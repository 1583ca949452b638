import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Checked from "../../src/command/Checked.ts"
import type { Operation, SingleOperation } from "../../src/command/Command.ts"
import { date } from "../../src/value/Compare.ts"
import type { LogIndex, LogTime } from "../../src/value/LogIndex.ts"
import type { Value } from "../../src/value/Value.ts"
import { disguised, runs } from "../value/values.ts"
import { operation } from "./commands.ts"

const collection = "c"
const add = (document: unknown, newId?: string): SingleOperation => ({
  _tag: "AddDocument",
  collection,
  document: document as never,
  ...(newId === undefined ? {} : { newId })
})
const change = (asked: object): SingleOperation => ({
  _tag: "UpdateDocument",
  collection,
  id: "i",
  ...asked
})
const index = { name: "byAge", keys: ["age"] }
const create = (asked: object): SingleOperation => ({
  _tag: "CreateCollection",
  collection,
  ...asked
})

const ofSize = (bytes: number) => ({ _id: "i", a: "x".repeat(bytes - '{"_id":"i","a":""}'.length) })

describe("what is right", () => {
  const right: ReadonlyArray<Operation> = [
    create({}),
    create({ indexes: [index, { name: "b", keys: ["a.b", "c"] }], expires: "at.end" }),
    { _tag: "DeleteCollection", collection },
    { _tag: "CreateIndex", collection, index },
    { _tag: "DeleteIndex", collection, index: "byAge" },
    add({ _id: "i", at: date(0) }),
    add({}, "made"),
    add({ _id: "i" }, "made"),
    add(ofSize(512 * 1024)),
    change({ set: { "a.b": 1 } }),
    change({ set: {} }),
    change({ replace: {} }),
    change({ replace: { _id: "i" }, upsert: true, ifRev: 5 as LogIndex }),
    { _tag: "DeleteDocument", collection, id: "i" },
    { _tag: "DeleteDocuments", collection, filter: { a: { $gt: 1 } }, limit: 0 },
    { _tag: "Batch", operations: [] },
    { _tag: "Batch", operations: Array.from({ length: 100 }, () => add({ _id: "i" })) },
    { _tag: "OpenSession", session: "s", owner: "o" },
    { _tag: "ExpireSessions", sessionsBefore: 0 as LogTime, keysBefore: 0 as LogTime },
    { _tag: "ExpireDocuments" },
    { _tag: "SetLanguage", language: 1 }
  ]
  it.each(right.map((each) => [each._tag, each] as const))("[ST2] %s passes", (_, each) => {
    assert.isUndefined(Checked.check(each))
    assert.isUndefined(Checked.checkOutside(each))
  })
})

const batch = (...operations: ReadonlyArray<SingleOperation>): Operation => ({
  _tag: "Batch",
  operations
})
const byAge: SingleOperation = { _tag: "CreateIndex", collection, index }
const byName: SingleOperation = {
  _tag: "CreateIndex",
  collection,
  index: { name: "byName", keys: ["name"] }
}
const deleteSome: SingleOperation = {
  _tag: "DeleteDocuments",
  collection,
  filter: { a: 1 },
  limit: 1
}

const refused = (op: Operation, check = Checked.check) => {
  const { _tag = "nothing", ...rest } = (check(op) ?? {}) as Record<string, unknown>
  return [
    _tag,
    ...["path", "what", "index", "position", "bytes", "max"].flatMap((each) => rest[each] ?? [])
  ]
}

describe("what is refused", () => {
  const outside: ReadonlyArray<readonly [string, Operation, ReadonlyArray<unknown>]> = [
    [
      "a name with a space",
      { _tag: "DeleteCollection", collection: "a b" },
      ["InvalidCommand", "collection"]
    ],
    ["a name of the system", add({ _id: "i" }), ["nothing"]],
    ["no index name", { _tag: "DeleteIndex", collection, index: "" }, ["InvalidCommand", "index"]],
    [
      "an index without paths",
      { _tag: "CreateIndex", collection, index: { name: "i", keys: [] } },
      ["InvalidCommand", "index.keys"]
    ],
    [
      "a bad path of an index",
      create({ indexes: [index, { name: "i", keys: ["a", "b..c"] }] }),
      ["InvalidCommand", "indexes[1].keys[1]"]
    ],
    [
      "a reserved index name",
      create({ indexes: [{ name: "_expires", keys: ["a"] }] }),
      ["InvalidCommand", "indexes[0].name"]
    ],
    ["an index twice", create({ indexes: [index, index] }), ["IndexExists", "byAge"]],
    [
      "an index of the paths of another",
      create({ indexes: [index, { name: "other", keys: index.keys }] }),
      ["InvalidCommand", "indexes[1].keys"]
    ],
    [
      "17 indexes",
      create({ indexes: Array.from({ length: 17 }, () => index) }),
      ["LimitReached", "indexes of a collection", 16]
    ],
    ["a bad path for expiry", create({ expires: "$at" }), ["InvalidCommand", "expires"]],
    ["a document without an id", add({}), ["InvalidDocument", "_id"]],
    ["an id that is a number", add({ _id: 5 }, "made"), ["InvalidDocument", "_id"]],
    ["an id of 129 bytes", add({ _id: "x".repeat(129) }), ["InvalidDocument", "_id"]],
    ["a made up id that is empty", add({}, ""), ["InvalidDocument", "_id"]],
    [
      "half of a character in an id",
      { _tag: "DeleteDocument", collection, id: "\ud800" },
      ["InvalidCommand", "id"]
    ],
    ["an empty id", change({ id: "", set: {} }), ["InvalidCommand", "id"]],
    ["an update of nothing", change({ upsert: true }), ["InvalidCommand", ""]],
    ["two kinds of update", change({ replace: {}, unset: ["a"] }), ["InvalidCommand", "replace"]],
    ["another id", change({ replace: { _id: "j" } }), ["InvalidCommand", "replace._id"]],
    [
      "101 operations",
      { _tag: "Batch", operations: Array.from({ length: 101 }, () => add({ _id: "i" })) },
      ["LimitReached", "operations in a batch", 100]
    ],
    [
      "one of a batch",
      { _tag: "Batch", operations: [add({ _id: "i" }), add({}), add({})] },
      ["BatchRefused", 1]
    ],
    ["a second index of a batch", batch(byAge, byName), ["BatchRefused", 1]],
    [
      "a second search of a batch",
      batch(byAge, deleteSome, add({ _id: "i" }), deleteSome),
      ["BatchRefused", 3]
    ],
    ["one index and one search in a batch", batch(byAge, deleteSome), ["nothing"]],
    [
      "an empty session",
      { _tag: "OpenSession", session: "", owner: "o" },
      ["InvalidCommand", "session"]
    ],
    [
      "an owner of 129 bytes",
      { _tag: "OpenSession", session: "s", owner: "é".repeat(65) },
      ["InvalidCommand", "owner"]
    ],
    ["language 0", { _tag: "SetLanguage", language: 0 }, ["InvalidCommand", "language"]]
  ]
  it.each(outside)("[ST2] %s", (_, op, expected) => {
    assert.deepStrictEqual(refused(op), expected)
    assert.deepStrictEqual(refused(op, Checked.checkOutside), expected)
  })

  const inside: ReadonlyArray<readonly [string, Operation, ReadonlyArray<unknown>]> = [
    [
      "a document that is too large",
      add(ofSize(512 * 1024 + 1)),
      ["DocumentTooLarge", 512 * 1024 + 1]
    ],
    [
      "one that its id makes too large",
      add({ a: "x".repeat(512 * 1024 - 18) }, "id"),
      ["DocumentTooLarge", 512 * 1024 + 1]
    ],
    [
      "a document with an operator",
      add({ _id: "i", a: [{ $gt: 1 }] }),
      ["InvalidDocument", "a[0].$gt"]
    ],
    ["a replacement with a dot", change({ replace: { "a.b": 1 } }), ["InvalidDocument", "a.b"]],
    [
      "paths that conflict",
      change({ set: { a: 1 }, unset: ["a.b"] }),
      ["InvalidCommand", "unset.a.b"]
    ],
    [
      "a filter with an unknown operator",
      { _tag: "DeleteDocuments", collection, filter: { a: { $near: 1 } } },
      ["FilterError", "a.$near"]
    ]
  ]
  it.each(inside)("[ST2] %s, unless applying looks at it", (_, op, expected) => {
    assert.deepStrictEqual(refused(op), expected)
    assert.isUndefined(Checked.checkOutside(op))
    const batch: Operation = { _tag: "Batch", operations: [op as SingleOperation] }
    assert.deepStrictEqual(refused(batch), ["BatchRefused", 0])
    assert.isUndefined(Checked.checkOutside(batch))
  })

  it("[ST2] senders by names that nobody can have", () => {
    const session = { _tag: "Session", session: "s", seq: 1, ack: 0 } as const
    const key = { _tag: "Key", owner: "o", key: "k", fingerprint: 0 } as const
    for (const sender of [session, key, { _tag: "System" } as const])
      assert.isUndefined(Checked.checkSender(sender))
    for (const sender of [
      { ...session, session: "" },
      { ...key, owner: "\ud800" },
      { ...key, key: "x".repeat(129) }
    ])
      assert.strictEqual(Checked.checkSender(sender)?._tag, "InvalidCommand")
  })

  it("[ST2] nothing that a schema lets through makes it throw", () => {
    fc.assert(
      fc.property(operation, (some) => {
        const all = Checked.check(some)
        const part = Checked.checkOutside(some)
        if (part !== undefined) assert.strictEqual(all?._tag, part._tag)
        Checked.fingerprint(some)
      }),
      runs(500)
    )
  })
})

const print = (newId: string) => {
  const one = add({ a: 1 }, newId)
  const batch: Operation = { _tag: "Batch", operations: [one, one] }
  return [Checked.fingerprint(one), Checked.fingerprint(batch)]
}

describe("the fingerprint of an operation", () => {
  it("[ST7] is the same for the same operation, however it arrived", () => {
    fc.assert(
      fc.property(operation, (some) => {
        const other = disguised(some as unknown as Value) as unknown as Operation
        assert.strictEqual(Checked.fingerprint(other), Checked.fingerprint(some))
      }),
      runs(300)
    )
  })

  it("[ST7] leaves out ids that were made up, also in a batch", () => {
    assert.deepStrictEqual(print("a"), print("b"))
    assert.notStrictEqual(print("a")[0], print("a")[1])
  })

  it("[ST7] differs for every other operation", () => {
    const each: ReadonlyArray<Operation> = [
      add({ a: 1 }),
      add({ a: 2 }),
      add({ a: "1" }),
      add({ a: date(1) }),
      add({ a: new Uint8Array([1]) }),
      { ...add({ a: 1 }), collection: "d" },
      change({ set: { a: 1 } }),
      change({ inc: { a: 1 } }),
      change({ replace: { a: 1 } }),
      change({ set: { a: 1 }, upsert: true }),
      change({ set: { a: 1 }, ifRev: 1 as LogIndex }),
      { _tag: "DeleteDocuments", collection, filter: { a: 1 } },
      { _tag: "DeleteDocuments", collection, filter: { a: { $gt: 1 } } },
      { _tag: "DeleteDocuments", collection, filter: { a: 1 }, limit: 1 },
      { _tag: "Batch", operations: [add({ a: 1 })] },
      { _tag: "Batch", operations: [add({ a: 1 }), add({ a: 2 })] },
      { _tag: "Batch", operations: [add({ a: 2 }), add({ a: 1 })] },
      { _tag: "Batch", operations: [] }
    ]
    assert.strictEqual(new Set(each.map(Checked.fingerprint)).size, each.length)
  })
})
