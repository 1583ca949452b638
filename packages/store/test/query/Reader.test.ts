import { assert, describe, it } from "@effect/vitest"
import * as Limits from "../../src/command/Limits.ts"
import type { Query, Resume } from "../../src/query/Query.ts"
import { open } from "../../src/query/Reader.ts"
import { count, explain } from "../../src/query/Tally.ts"
import * as Collections from "../../src/state/Collections.ts"
import type { Collection } from "../../src/state/State.ts"
import { LogIndex } from "../../src/value/LogIndex.ts"
import type { Document } from "../../src/value/Value.ts"
import * as Model from "./model.ts"

const { collectionOf, contents, finish, naive, readAll, readPage, stateOf } = Model

describe("pages", () => {
  it("a page ends at its limit, and the last one says so", () => {
    const state = stateOf(collectionOf(numbered(4), []))
    const query = { collection: "things" }
    const first = readPage(state, query, { limit: 2 })
    assert.deepStrictEqual(ids(first.found), ["0", "1"])
    const second = readPage(state, query, { limit: 2, resume: first.next })
    assert.deepStrictEqual(ids(second.found), ["2", "3"])
    assert.strictEqual(second.next, undefined)
    assert.deepStrictEqual(second.found[0], { document: { _id: "2", n: 2 }, rev: LogIndex.make(8) })
    assert.strictEqual(readPage(state, query, { limit: 5000 }).found.length, 4)
  })

  it("a page ends at 768 KiB of what is on it, and has one document at least", () => {
    const text = "x".repeat(300 * 1024)
    const large = [..."abcde"].map((id) => ({ _id: id, text, small: 1 }))
    const state = stateOf(collectionOf(large, []))
    const sizes = (query: Query) => {
      const found: Array<number> = []
      let resume: Resume | undefined
      do {
        const page = readPage(state, query, { limit: 10, resume })
        found.push(page.found.length)
        resume = page.next
      } while (resume !== undefined)
      return found
    }
    assert.deepStrictEqual(sizes({ collection: "things" }), [2, 2, 1])
    assert.deepStrictEqual(sizes({ collection: "things", sort: [["small", -1]] }), [2, 2, 1])
    const small = { collection: "things", projection: { include: ["small"] } }
    assert.deepStrictEqual(sizes(small), [5])
  })

  it("refuses to end a page at values that no cursor can hold", () => {
    const long = [..."abc"].map((id) => ({ _id: id, text: id.repeat(64 * 1024) }))
    const state = stateOf(collectionOf(long, []))
    const read = (size: number) =>
      finish(open(state, { collection: "things", sort: [["text", 1]] }, { limit: size }))._tag
    assert.strictEqual(read(2), "InvalidQuery")
    assert.strictEqual(read(3), "Page")
  })

  it("looks at no more documents than it is allowed to", () => {
    const state = stateOf(collectionOf(numbered(10), []))
    const reader = open(state, { collection: "things", filter: { n: 9 } })
    assert.ok(reader._tag === "Reader")
    assert.deepStrictEqual(reader.next(9), { _tag: "More" })
    assert.deepStrictEqual(reader.next(0)._tag, "More")
    assert.deepStrictEqual(reader.next(1)._tag, "Page")
  })

  it("[ST22] a cursor of another query or another collection is invalid", () => {
    const collection = collectionOf(numbered(9), [])
    const query: Query = {
      collection: "things",
      filter: { n: { $gte: 1 } },
      sort: [["n", 1]],
      projection: { include: ["n"] }
    }
    const resume = readPage(stateOf(collection), query, { limit: 2 }).next
    const resumed = (asked: Query, of: Collection) =>
      finish(open(stateOf(of), asked, { limit: 2, resume }))._tag
    assert.strictEqual(resumed(query, collection), "Page")
    assert.strictEqual(
      resumed({ ...query, filter: { n: { $gte: 2 } } }, collection),
      "CursorInvalid"
    )
    assert.strictEqual(resumed({ ...query, sort: [["n", -1]] }, collection), "CursorInvalid")
    assert.strictEqual(resumed({ ...query, sort: [] }, collection), "CursorInvalid")
    const others = [{ exclude: ["n"] }, { include: ["m"] }]
    for (const projection of others)
      assert.strictEqual(resumed({ ...query, projection }, collection), "CursorInvalid")
    const again = { ...collection, uid: LogIndex.make(9) }
    assert.strictEqual(resumed(query, again), "CursorInvalid")
  })

  it("refuses what is not a query", () => {
    const state = stateOf(collectionOf([], []))
    const refused = (query: Partial<Query>, size = 1) =>
      open(state, { collection: "things", ...query }, { limit: size })
    assert.deepStrictEqual<unknown>(refused({ collection: "other" }), {
      _tag: "CollectionNotFound",
      collection: "other"
    })
    assert.deepStrictEqual<unknown>(refused({ filter: { a: { $gt: null } } })._tag, "FilterError")
    assert.deepStrictEqual<unknown>(refused({ sort: [["a..b", 1]] }), {
      _tag: "InvalidQuery",
      path: "sort[0]",
      issue: "a segment of the path is empty"
    })
    for (const size of [0, -1, 1.5, Number.NaN])
      assert.strictEqual(refused({}, size)._tag, "InvalidQuery")
  })
})

it("[ST11] goes on in an index behind a path that has one value", () => {
  const documents = numbered(9).map((document, n) => ({ ...document, a: n % 2, b: n % 3 }))
  const indexes = [{ name: "a-b", keys: ["a", "b"], unique: false }]
  const state = stateOf(collectionOf(documents, indexes))
  const sorts: ReadonlyArray<NonNullable<Query["sort"]>> = [
    [["b", 1]],
    [["b", -1]],
    [
      ["b", -1],
      ["a", 1],
      ["_id", -1]
    ]
  ]
  for (const sort of sorts) {
    const query: Query = { collection: "things", filter: { a: 0 }, sort }
    const explained = finish(explain(state, query))
    assert.ok(explained._tag === "Explanation" && explained.explained.sorted)
    assert.deepStrictEqual<unknown>(readAll(state, query, 1), naive(documents, query))
  }
})

describe("a sort without an index", () => {
  const many = numbered(Limits.sortMax + 1).map((document, n) => ({
    ...document,
    tag: n % 2 === 0 ? [1, 3] : [2, 3]
  }))

  it("is refused when more documents match than are sorted, and not for one less", () => {
    const refusal = { _tag: "SortTooLarge", max: Limits.sortMax }
    const state = stateOf(restored(many, []))
    const read = open(state, tagged([["n", -1]]), { limit: 2 })
    assert.deepStrictEqual<unknown>(finish(read, 1000), refusal)
    const fewer = stateOf(restored(many.slice(1), []))
    const page = readPage(fewer, tagged([["n", -1]]), { limit: 2 })
    assert.deepStrictEqual(ids(page.found), ["10000", "09999"])
    const last = { ...page.next!, position: { values: [2], id: "00002" } }
    const rest = readPage(fewer, tagged([["n", -1]]), { limit: 2, resume: last })
    assert.deepStrictEqual(ids(rest.found), ["00001"])
  })

  it("reads an index on the sort instead, if there is one", () => {
    const indexes = [
      { name: "by n", keys: ["n"], unique: false },
      { name: "by tag", keys: ["tag"], unique: false }
    ]
    const state = stateOf(restored(many, indexes))
    const page = readPage(state, tagged([["n", -1]]), { limit: 2, budget: 999 })
    assert.deepStrictEqual(ids(page.found), ["10000", "09999"])
    const second = readPage(state, tagged([["n", -1]]), { limit: 2, resume: page.next })
    assert.deepStrictEqual(ids(second.found), ["09998", "09997"])
    const byId = readPage(state, tagged(), { limit: 2 })
    assert.deepStrictEqual(ids(byId.found), ["00000", "00001"])
    const explained = finish(explain(state, tagged([["n", -1]])))
    assert.deepStrictEqual<unknown>(explained, {
      _tag: "Explanation",
      explained: {
        _tag: "Index",
        index: "by n",
        bounds: ["all"],
        sorted: true,
        scanned: many.length,
        matched: many.length
      }
    })
    assert.deepStrictEqual<unknown>(finish(count(state, tagged())), counted(many.length))
  })

  it("[ST11] a command finds as many documents as there are, in order", () => {
    const collection = restored(many, [{ name: "by tag", keys: ["tag"], unique: false }])
    assert.deepStrictEqual(Model.findAll(collection, { tag: { $gte: 1 } }), contents(collection))
  })
})

function numbered(size: number): Array<Document> {
  const digits = String(size - 1).length
  return Array.from({ length: size }, (_, n) => ({ _id: String(n).padStart(digits, "0"), n }))
}

const tagged = (sort: Query["sort"] = []): Query => ({
  collection: "things",
  filter: { tag: { $gte: 1 } },
  sort
})

const counted = (size: number) => ({ _tag: "Counted", count: size })

const ids = (found: ReadonlyArray<{ readonly document: object }>) =>
  found.map(({ document }) => (document as Document)["_id"])

const restored = (
  documents: ReadonlyArray<Document>,
  indexes: Parameters<typeof collectionOf>[1]
) => {
  const empty = collectionOf([], [])
  const stored = documents.map((document) => {
    const each = Collections.store(empty, document, LogIndex.make(8))
    assert.ok(each._tag === "Stored")
    return each.stored
  })
  const shape = { uid: Model.uid, name: "things", options: {}, indexes }
  const made = Collections.restore(shape, Model.uid, stored)
  assert.ok(made._tag === "Put")
  return made.collection
}
