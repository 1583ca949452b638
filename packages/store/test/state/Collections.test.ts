import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Limits from "../../src/command/Limits.ts"
import * as Collections from "../../src/state/Collections.ts"
import { place } from "../../src/state/Digest.ts"
import { keysOf } from "../../src/state/IndexKeys.ts"
import * as KeyText from "../../src/state/KeyText.ts"
import type { Collection, IndexDefinition } from "../../src/state/State.ts"
import * as Tree from "../../src/tree/Tree.ts"
import { date } from "../../src/value/Compare.ts"
import * as Fingerprint from "../../src/value/Fingerprint.ts"
import type { Document } from "../../src/value/Value.ts"
import { runs } from "../value/values.ts"
import {
  allStored,
  at,
  collectionOf,
  contents,
  definitions,
  document,
  filled,
  make,
  put,
  step
} from "./documents.ts"

const steps = fc.array(step, { minLength: 1, maxLength: 30 })
const expires = { expires: "until" }

/** The collection after random puts and takes: without those that a unique index forbids. */
const after = (steps: ReadonlyArray<Document | string>, shared: boolean): Collection => {
  const edit = Tree.makeEdit()
  return steps.reduce<Collection>(
    (before, step, index) => {
      const mine = shared ? edit : Tree.makeEdit()
      if (typeof step === "string") return Collections.take(before, step, mine)
      if (Collections.holders(before, step).length > 0) return before
      const done = put(before, step, 4 + index, mine)
      return done._tag === "Put" ? done.collection : before
    },
    make(definitions, expires)
  )
}

const multi = ({ indexes }: Collection) => indexes.map(({ multi }) => multi)

const stored = (collection: Collection, document: Document) => {
  const made = Collections.store(collection, document, at(7))
  return made._tag === "Stored" ? made.stored : made
}

const refused = (collection: Collection, document: Document) => {
  const made = stored(collection, document)
  return "_tag" in made ? made._tag : "none"
}

const large = (length: number): Document => ({ _id: "1", a: "x".repeat(length) })

const expiresBytes = ({ indexes }: Collection) =>
  indexes.find(({ name }) => name === Collections.expiresIndex)!.bytes

/** The same documents, and indexes made only now. `multi` is for good, so it is told. */
const anew = (collection: Collection): Collection =>
  collectionOf(Collections.restore(collection, collection.version, allStored(collection)))

describe("indexes", () => {
  it("[ST12] [ST20] kept step by step are what they are when built anew", () => {
    fc.assert(
      fc.property(steps, fc.boolean(), (steps, shared) => {
        const collection = after(steps, shared)
        assert.deepStrictEqual(contents(anew(collection)), contents(collection))
        const plain = collection.indexes.reduce(
          (left, { name }) => Collections.withoutIndex(left, name),
          collection
        )
        const given = Collections.ownIndexes(collection).reduce(
          (left, { keys, name, unique }) =>
            collectionOf(Collections.withIndex(left, { keys, name, unique })),
          plain
        )
        assert.strictEqual(given.bytes, collection.bytes - expiresBytes(collection))
        for (const index of given.indexes) {
          const kept = collection.indexes.find(({ name }) => name === index.name)!
          assert.deepStrictEqual([...Tree.entries(index.entries)], [...Tree.entries(kept.entries)])
          assert.strictEqual(index.bytes, kept.bytes)
          assert.isTrue(kept.multi || !index.multi)
        }
      }),
      runs(300)
    )
  })

  it("[ST12] have exactly the keys of each document, with the document as it is now", () => {
    fc.assert(
      fc.property(steps, fc.boolean(), (steps, shared) => {
        const collection = after(steps, shared)
        for (const index of collection.indexes) {
          const expected = allStored(collection).flatMap((stored) => {
            const found = keysOf(index, stored.document)
            return found._tag === "Keys"
              ? found.keys.map((key) => [key, stored] as const)
              : assert.fail(found._tag)
          })
          assert.strictEqual(index.entries.size, expected.length)
          for (const [key, stored] of expected)
            assert.strictEqual(Tree.get(index.entries, key), stored)
        }
      }),
      runs(300)
    )
  })

  it("[ST12] that are unique hold every key once, except for nulls", () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const only = after(steps, true).indexes.find(({ name }) => name === "only")!
        const seen = new Map<string, string>()
        for (const [key, { document }] of Tree.entries(only.entries)) {
          const { rest: id, values } = KeyText.read(key, 2)
          assert.strictEqual(id, document["_id"])
          if (values.every((value) => value === null)) continue
          const text = key.slice(0, -id.length)
          assert.strictEqual(seen.get(text) ?? id, id)
          seen.set(text, id)
        }
      }),
      runs(300)
    )
  })

  it("are in the order of their names", () => {
    const names = make(definitions, expires).indexes.map(({ name }) => name)
    assert.deepStrictEqual(names, ["_expires", "a", "compound", "id", "nested", "only", "place"])
    const collection = collectionOf(
      Collections.withIndex(make(definitions), { name: "b", keys: ["x"], unique: false })
    )
    assert.deepStrictEqual(collection.indexes.map(({ name }) => name)[1], "b")
    assert.deepStrictEqual(
      Collections.ownIndexes(make([], expires)).map(({ name }) => name),
      []
    )
  })

  it("that met an array stay multi", () => {
    const one = make([{ name: "a", keys: ["a"], unique: false }])
    assert.deepStrictEqual(multi(filled(one, { _id: "1", a: 1 })), [false])
    const met = filled(one, { _id: "1", a: [] })
    assert.deepStrictEqual(multi(met), [true])
    assert.deepStrictEqual(multi(filled(met, { _id: "1", a: 1 })), [true])
    assert.deepStrictEqual(multi(Collections.take(met, "1", Tree.makeEdit())), [true])
    assert.deepStrictEqual(multi(anew(Collections.take(met, "1", Tree.makeEdit()))), [true])
  })
})

describe("holders", () => {
  const unique = make([
    { name: "a", keys: ["a"], unique: true },
    { name: "both", keys: ["b", "c"], unique: true }
  ])
  const collection = filled(
    unique,
    { _id: "1", a: 1, b: 1 },
    { _id: "2", a: [2, 3], b: 1, c: 1 },
    { _id: "3" },
    { _id: "4" }
  )
  it.each([
    [{ _id: "5", a: 1 }, "a 1"],
    [{ _id: "1", a: 1, b: 1 }, "none"],
    [{ _id: "5", a: 3 }, "a 2"],
    [{ _id: "5", a: [4, 2] }, "a 2"],
    [{ _id: "5", a: [3, 2, 1], b: 1 }, "a 1, a 2, a 2, both 1"],
    [{ _id: "5", a: [2.5] }, "none"],
    [{ _id: "2", a: [2, 3, 3], b: 2 }, "none"],
    [{ _id: "5" }, "none"],
    [{ _id: "5", a: null, b: null }, "none"],
    [{ _id: "5", b: 1 }, "both 1"],
    [{ _id: "1", b: 1, c: 1 }, "both 2"],
    [{ _id: "5", b: 1, c: 2 }, "none"],
    [{ _id: "5", b: [1], c: [1] }, "none"]
  ] as ReadonlyArray<readonly [Document, string]>)("[ST12] of %j is %s", (document, expected) => {
    const held = Collections.holders(collection, document)
    const found = held.map(({ index, stored }) => `${index} ${stored.document["_id"]}`)
    assert.strictEqual(found.join(", ") || "none", expected)
  })
})

describe("a collection", () => {
  it("[ST20] has the bytes of its documents and of its index entries, and the sum of its documents", () => {
    fc.assert(
      fc.property(steps, fc.boolean(), (steps, shared) => {
        const collection = after(steps, shared)
        let bytes = 0
        let sum = 0
        for (const stored of allStored(collection)) {
          bytes += stored.bytes
          sum = Fingerprint.add(sum, place(stored))
        }
        for (const index of collection.indexes) {
          let inIndex = 0
          for (const [key] of Tree.entries(index.entries))
            inIndex += key.length * (/[^\0-\xff]/.test(key) ? 2 : 1)
          assert.strictEqual(index.bytes, inIndex)
          bytes += inIndex
        }
        assert.strictEqual(collection.bytes, bytes)
        assert.strictEqual(collection.sum, sum)
      }),
      runs(300)
    )
  })

  it("[ST20] that is emptied is as it was", () => {
    fc.assert(
      fc.property(steps, (steps) => {
        const collection = after(steps, true)
        const emptied = allStored(collection).reduce(
          (left, { document: { _id } }) => Collections.take(left, _id, Tree.makeEdit()),
          collection
        )
        const { bytes, documents, indexes, sum } = emptied
        assert.deepStrictEqual([bytes, sum, documents.size], [0, 0, 0])
        for (const { bytes, entries } of indexes)
          assert.deepStrictEqual([bytes, entries.size], [0, 0])
      }),
      runs(100)
    )
  })

  it("[ST3] stays as it was when others are made of it", () => {
    fc.assert(
      fc.property(steps, document, (steps, document) => {
        const before = after(steps, true)
        const held = contents(before)
        put(before, document, 90)
        for (const id of ["1", "2", "3"]) Collections.take(before, id, Tree.makeEdit())
        Collections.withIndex(before, { name: "new", keys: ["b"], unique: true })
        assert.deepStrictEqual(contents(before), held)
      }),
      runs(200)
    )
  })

  it("[ST2] that refuses a document is unchanged, even under the same edit", () => {
    const index = { name: "z", keys: ["a", "b"], unique: false }
    const edit = Tree.makeEdit()
    const full = make([...definitions.slice(0, 3), index], { bytesMax: 300, documentsMax: 2 })
    const before = [
      { _id: "1", a: 1 },
      { _id: "2", a: [1, 2] }
    ].reduce((left, each) => collectionOf(put(left, each, 4, edit)), full)
    const held = contents(before)
    const tags = [{ _id: "1", a: [1], b: [2] }, { _id: "3" }, { _id: "2", a: "x".repeat(300) }].map(
      (each) => put(before, each, 5, edit)._tag
    )
    assert.deepStrictEqual(tags, ["InvalidDocument", "CollectionFull", "CollectionFull"])
    assert.deepStrictEqual(contents(before), held)
  })

  it("has a place for a document up to its limits, to the byte", () => {
    const index = { name: "a", keys: ["a"], unique: false }
    const { bytes } = filled(make([index]), { _id: "1", a: 1 })
    const document = { _id: "1", a: 1 }
    assert.strictEqual(put(make([index], { bytesMax: bytes }), document)._tag, "Put")
    const tight = make([index], { bytesMax: bytes - 1 })
    assert.deepStrictEqual(put(tight, document), {
      _tag: "CollectionFull",
      collection: "things",
      what: "bytes",
      max: bytes - 1
    })
    const one = filled(make([index], { documentsMax: 1 }), document)
    assert.strictEqual(put(one, { _id: "1", a: 2 })._tag, "Put")
    assert.deepStrictEqual(put(one, { _id: "2" }), {
      _tag: "CollectionFull",
      collection: "things",
      what: "documents",
      max: 1
    })
    const full = filled(make([], { bytesMax: bytes - 1 }), document)
    assert.strictEqual(Collections.withIndex(full, index)._tag, "CollectionFull")
  })

  it("takes what is not there as nothing", () => {
    const collection = filled(make(definitions), { _id: "1" })
    assert.strictEqual(Collections.take(collection, "2", Tree.makeEdit()), collection)
    assert.strictEqual(Collections.withoutIndex(collection, "nope"), collection)
  })
})

describe("store", () => {
  it("measures the canonical text, and keeps the revision", () => {
    const document = { b: "é", _id: "1" }
    const text = '{"_id":"1","b":"é"}'
    assert.deepStrictEqual(stored(make(), document), {
      document,
      rev: at(7),
      bytes: text.length + 1,
      fingerprint: Fingerprint.of(text),
      expiresMs: Infinity
    })
  })

  it.each([
    ["until", { until: date(5) }, 5],
    ["until", { until: 5 }, Infinity],
    ["until", {}, Infinity],
    ["a.until", { a: { until: date(-1) } }, -1],
    ["a.0", { a: [date(2)] }, 2]
  ] as const)("under %s finds when %j expires", (expires, fields, expected) => {
    const made = stored(make([], { expires }), { _id: "1", ...fields })
    assert.strictEqual("expiresMs" in made && made.expiresMs, expected)
  })

  it("refuses what could not be put", () => {
    assert.strictEqual(refused(make(), { _id: "1", a: NaN }), "InvalidDocument")
    assert.strictEqual(
      refused(make([], expires), { _id: "1", until: [date(1)] }),
      "InvalidDocument"
    )
    const two = make([{ name: "two", keys: ["a", "b"], unique: false }])
    assert.strictEqual(refused(two, { _id: "1", a: [1], b: [1] }), "InvalidDocument")
    const rest = Limits.documentMaxBytes - '{"_id":"1","a":""}'.length
    assert.strictEqual(refused(make(), large(rest)), "none")
    assert.strictEqual(refused(make(), large(rest + 1)), "DocumentTooLarge")
  })
})

describe("withIndex", () => {
  const index: IndexDefinition = { name: "a", keys: ["a"], unique: true }

  it("[ST12] refuses a unique index of keys that two documents share, naming the first of them", () => {
    const collection = filled(
      make(),
      { _id: "3", a: [1, 2] },
      { _id: "1", a: [5, 5] },
      { _id: "2", a: 2 },
      { _id: "4" },
      { _id: "5" }
    )
    assert.deepStrictEqual(Collections.withIndex(collection, index), {
      _tag: "DuplicateKey",
      collection: "things",
      index: "a",
      id: "2"
    })
    const rest = Collections.take(collection, "3", Tree.makeEdit())
    assert.strictEqual(Collections.withIndex(rest, index)._tag, "Put")
  })

  it("refuses a second index of a name, one too many, and one of what is not a path", () => {
    const collection = make([index])
    assert.deepStrictEqual(Collections.withIndex(collection, index), {
      _tag: "IndexExists",
      collection: "things",
      index: "a"
    })
    const names = Array.from({ length: Limits.indexesMax }, (_, at) => ({
      ...index,
      name: `i${at}`,
      keys: [`a${at}`]
    }))
    const almost = make(names.slice(1), expires)
    assert.strictEqual(Collections.withIndex(almost, index)._tag, "Put")
    assert.deepStrictEqual(Collections.withIndex(make(names, expires), index), {
      _tag: "LimitReached",
      what: "indexes of a collection",
      max: Limits.indexesMax
    })
    const bad = Collections.withIndex(make(), { ...index, keys: ["a..b"] })
    assert.strictEqual(bad._tag, "InvalidCommand")
  })

  it("refuses to hold up everyone for a collection with too many documents", () => {
    const template = Collections.store(make(), { _id: "1" }, at(4))
    if (template._tag !== "Stored") return assert.fail(template._tag)
    const stored = Array.from({ length: Limits.indexBuildMax + 1 }, (_, at) => ({
      ...template.stored,
      document: { _id: String(at).padStart(7, "0") }
    }))
    const shape = { uid: at(3), name: "things", options: {}, indexes: [] }
    const collection = collectionOf(Collections.restore(shape, at(4), stored))
    assert.deepStrictEqual(Collections.withIndex(collection, index), {
      _tag: "LimitReached",
      what: "documents in a collection that is given an index",
      max: Limits.indexBuildMax
    })
    const fewer = Collections.take(collection, "0000000", Tree.makeEdit())
    assert.strictEqual(Collections.withIndex(fewer, index)._tag, "Put")
  })
})
