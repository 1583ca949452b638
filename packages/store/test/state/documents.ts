/** Random documents whose values meet often, with arrays, nested fields and fields that are missing. */
import * as fc from "fast-check"
import type { OperationRefused } from "../../src/command/Refusal.ts"
import * as Collections from "../../src/state/Collections.ts"
import type { Collection, IndexDefinition, Stored } from "../../src/state/State.ts"
import * as Tree from "../../src/tree/Tree.ts"
import { date } from "../../src/value/Compare.ts"
import { LogIndex } from "../../src/value/LogIndex.ts"
import type { Document, Value } from "../../src/value/Value.ts"

const scalar = fc.constantFrom<Value>(null, 0, 1, 2, "", "x", "é\n", true, date(0), date(5))
const inner = fc.oneof(
  { weight: 4, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }) }
)
const fields = fc.record({ c: inner, d: scalar }, { requiredKeys: [], noNullPrototype: true })
const member = fc.oneof(
  { weight: 6, arbitrary: scalar },
  { weight: 1, arbitrary: fc.array(fc.oneof(scalar, fields, fc.array(scalar)), { maxLength: 3 }) },
  { weight: 3, arbitrary: fields },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 2 }) }
)

export const ids: ReadonlyArray<string> = ["1", "2", "3", "4", "5", "é", "\ue000", "😀"]
const id = fc.constantFrom(...ids)

export const document: fc.Arbitrary<Document> = fc.record(
  { _id: id, a: member, b: member, until: scalar },
  { requiredKeys: ["_id"], noNullPrototype: true }
)

/** A document that is put, or an id that is taken. */
export const step = fc.oneof({ weight: 3, arbitrary: document }, { weight: 1, arbitrary: id })

export const definitions: ReadonlyArray<IndexDefinition> = [
  { name: "a", keys: ["a"], unique: false },
  { name: "nested", keys: ["b.c"], unique: false },
  { name: "compound", keys: ["b.d", "a"], unique: false },
  { name: "place", keys: ["a.0", "b"], unique: false },
  { name: "id", keys: ["_id", "a"], unique: true },
  { name: "only", keys: ["b.d", "a.d"], unique: true }
]

export const at = (index: number) => LogIndex.make(index)

export const make = (
  indexes: ReadonlyArray<IndexDefinition> = [],
  options: Collection["options"] = {}
): Collection => Collections.make({ uid: at(3), name: "things", options, indexes })

export const put = (
  collection: Collection,
  document: Document,
  rev = 4,
  edit = Tree.makeEdit()
): Collections.Put | OperationRefused => {
  const stored = Collections.store(collection, document, at(rev))
  return stored._tag === "Stored" ? Collections.put(collection, stored.stored, edit) : stored
}

/** The collection with all of these in it. */
export const filled = (collection: Collection, ...documents: ReadonlyArray<Document>): Collection =>
  documents.reduce((before, document) => collectionOf(put(before, document)), collection)

export const collectionOf = (done: Collections.Put | OperationRefused): Collection => {
  if (done._tag !== "Put") throw new Error(JSON.stringify(done))
  return done.collection
}

/** Everything in a collection, as plain data. */
export const contents = (collection: Collection) => ({
  ...collection,
  documents: [...Tree.entries(collection.documents)],
  indexes: collection.indexes.map((index) => ({
    ...index,
    entries: [...Tree.entries(index.entries)]
  }))
})

export const allStored = ({ documents }: Collection): ReadonlyArray<Stored> =>
  Array.from(Tree.entries(documents), ([, stored]) => stored)
