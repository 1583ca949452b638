import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Collections from "../../src/state/Collections.ts"
import { digest } from "../../src/state/Digest.ts"
import * as State from "../../src/state/State.ts"
import * as Tree from "../../src/tree/Tree.ts"
import { LogTime } from "../../src/value/LogIndex.ts"
import { normalize } from "../../src/value/Normal.ts"
import type { Document } from "../../src/value/Value.ts"
import { disguised, runs } from "../value/values.ts"
import { at, definitions, document, filled, ids, make, put } from "./documents.ts"

const holding = (...collections: ReadonlyArray<State.Collection>): State.State => ({
  ...State.empty,
  index: at(9),
  collections: collections.reduce(
    (tree, collection) => Tree.set(tree, collection.name, collection, Tree.makeEdit()),
    State.empty.collections
  )
})

/** The collection with those of `documents` in it that it does not refuse. */
const putAll = (
  collection: State.Collection,
  documents: ReadonlyArray<Document>,
  revOf: (document: Document) => number
): State.Collection =>
  documents.reduce((left, document) => {
    const done = put(left, document, revOf(document))
    return done._tag === "Put" ? done.collection : left
  }, collection)

const revOf = (document: Document) => 40 + ids.indexOf(document["_id"])

describe("digest", () => {
  it("[ST1] is the same whichever way the documents came", () => {
    const documents = fc.uniqueArray(document, { selector: ({ _id }) => _id, minLength: 1 })
    fc.assert(
      fc.property(documents, fc.array(document, { maxLength: 12 }), (documents, others) => {
        // Without unique indexes, which would refuse some of the ways.
        const empty = make(definitions.slice(0, 4))
        const cleared = ids.reduce(
          (left, id) => Collections.take(left, id, Tree.makeEdit()),
          putAll(empty, others, () => 5)
        )
        // What has met an array remembers it, so the other way has to know as well.
        const known = Collections.make(cleared)
        const disguise = documents
          .toReversed()
          .map((each) => normalize(disguised(each) as Document) as Document)
        assert.strictEqual(
          digest(holding(putAll(known, documents, revOf))),
          digest(holding(putAll(cleared, disguise, revOf)))
        )
      }),
      runs(300)
    )
  })

  const base = filled(make(definitions.slice(0, 2)), { _id: "1", a: 1 }, { _id: "2", a: 2 })
  const state = holding(base)
  const changed = (collection: Partial<State.Collection>) => holding({ ...base, ...collection })
  const [first, ...others] = base.indexes as [State.Index, ...ReadonlyArray<State.Index>]
  const indexed = (index: Partial<State.Index>) =>
    changed({ indexes: [{ ...first, ...index }, ...others] })

  const different: ReadonlyArray<readonly [string, State.State]> = [
    ["index", { ...state, index: at(10) }],
    ["time", { ...state, time: LogTime.make(1) }],
    ["language", { ...state, language: 2 }],
    ["remembered results", { ...state, rememberedSum: 1 }],
    ["count of documents", { ...state, documents: 1 }],
    ["bytes", { ...state, bytes: 1 }],
    ["no collection", holding()],
    ["another collection", holding(base, { ...base, name: "others" })],
    ["uid", changed({ uid: at(4) })],
    ["name", changed({ name: "thing" })],
    ["version", changed({ version: at(8) })],
    ["expiry", changed({ options: { expires: "a" } })],
    ["limit of documents", changed({ options: { documentsMax: 5 } })],
    ["limit of bytes", changed({ options: { bytesMax: 5 } })],
    ["index definitions", changed({ indexes: others })],
    ["an index's name", indexed({ name: "b" })],
    ["an index's paths", indexed({ keys: ["b"] })],
    ["an index's uniqueness", indexed({ unique: true })],
    ["an index that met an array", indexed({ multi: true })],
    ["a document", holding(filled(base, { _id: "1", a: 3 }))],
    ["a document less", holding(Collections.take(base, "1", Tree.makeEdit()))],
    ["values that changed places", holding(filled(base, { _id: "1", a: 2 }, { _id: "2", a: 1 }))]
  ]
  it.each(different)("[ST1] tells states apart by: %s", (_, other) => {
    assert.notStrictEqual(digest(other), digest(state))
  })

  it("[ST1] tells states apart by the revision of one document", () => {
    const [one, other] = [4, 5].map((rev) =>
      digest(holding(putAll(make(), [{ _id: "1" }], () => rev)))
    )
    assert.notStrictEqual(one, other)
  })

  it("is frozen: nodes of two releases compare it", () => {
    assert.deepStrictEqual([digest(State.empty), digest(state)], ["882021850f1d3", "abdee0c187ad4"])
  })
})
