import { assert, describe, it } from "@effect/vitest"
import * as Collections from "../../src/state/Collections.ts"
import * as Indexes from "../../src/state/Indexes.ts"
import type { IndexDefinition } from "../../src/state/State.ts"
import * as Tree from "../../src/tree/Tree.ts"
import { at, collectionOf, filled, make } from "./documents.ts"

const definition: IndexDefinition = { name: "a", keys: ["a"], unique: false }

describe("build", () => {
  it("stops to build an index as soon as it has too many entries, or bytes", () => {
    const documents = Array.from({ length: 4 }, (_, at) => ({ _id: `${at}`, a: [1, 2] }))
    const spread = filled(make(), ...documents, { _id: "9", a: [1], b: [1] })
    const both = { ...definition, keys: ["a", "b"] }
    const build = (max: Partial<Indexes.BuildMax>) => {
      const all = { ...Indexes.unbounded, ...max }
      const built = Indexes.build(both, "things", spread.documents, all)
      return "_tag" in built ? built : built.bytes
    }
    // The last document cannot be indexed at all, and is not reached.
    const none = { _tag: "InvalidDocument" }
    assert.deepInclude<any>(build({}), none)
    assert.deepInclude<any>(build({ entries: 12 }), none)
    const refused = { _tag: "LimitReached", what: "entries of an index that is built", max: 11 }
    assert.deepStrictEqual<unknown>(build({ entries: 11 }), refused)
    const bytes = Indexes.build(
      both,
      "things",
      Collections.take(spread, "9", Tree.makeEdit()).documents,
      Indexes.unbounded
    )
    if ("_tag" in bytes) return assert.fail(bytes._tag)
    assert.deepInclude<any>(build({ bytes: bytes.bytes }), none)
    assert.deepStrictEqual<unknown>(build({ bytes: bytes.bytes - 1 }), {
      ...refused,
      what: "bytes of keys of an index that is built",
      max: bytes.bytes - 1
    })
  })

  it("builds no index of more than a million entries, and restores it if it grew so large", () => {
    const a = Array.from({ length: 999 }, (_, at) => at)
    const template = Collections.store(make([definition]), { _id: "1", a }, at(4))
    if (template._tag !== "Stored") return assert.fail(template._tag)
    // Each has an entry for each element, and one for the array.
    const stored = Array.from({ length: 1001 }, (_, at) => ({
      ...template.stored,
      document: { _id: String(at).padStart(4, "0"), a }
    }))
    const shape = { uid: at(3), name: "things", options: {}, indexes: [] }
    const collection = collectionOf(Collections.restore(shape, at(4), stored))
    assert.deepStrictEqual(Collections.withIndex(collection, definition), {
      _tag: "LimitReached",
      what: "entries of an index that is built",
      max: 1_000_000
    })
    const grown = Collections.restore({ ...shape, indexes: [definition] }, at(4), stored)
    assert.strictEqual(collectionOf(grown).indexes[0]!.entries.size, 1_001_000)
  })
})
