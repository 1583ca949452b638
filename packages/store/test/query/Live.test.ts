import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import * as Limits from "../../src/command/Limits.ts"
import type { Query, Resume } from "../../src/query/Query.ts"
import { get } from "../../src/query/Search.ts"
import { count, explain } from "../../src/query/Tally.ts"
import * as Collections from "../../src/state/Collections.ts"
import type { Collection } from "../../src/state/State.ts"
import * as Tree from "../../src/tree/Tree.ts"
import { date, isDate } from "../../src/value/Compare.ts"
import type { Document, Value } from "../../src/value/Value.ts"
import * as Model from "./model.ts"

const { collectionOf, contents, finish, naive, readAll, readPage, stateOf } = Model

// Steps that come to a collection between the pages of a cursor.
const until = fc.option(fc.integer({ min: 1, max: 40 }).map(date), { nil: undefined, freq: 2 })
const mortal = fc.tuple(Model.document, until).map(([document, ends]) => ending(document, ends))
const some = Model.indexes.filter((all) => all.length > 0)
const stepOf = fc.oneof(
  { weight: 6, arbitrary: fc.constant({ _tag: "Read" as const }) },
  { weight: 6, arbitrary: mortal.map((document) => ({ _tag: "Put" as const, document })) },
  { weight: 3, arbitrary: Model.id.map((id) => ({ _tag: "Take" as const, id })) },
  { weight: 2, arbitrary: some.map(([index]) => ({ ...index!, _tag: "Create" as const })) },
  { weight: 2, arbitrary: fc.nat().map((at) => ({ _tag: "Drop" as const, at })) },
  fc.integer({ min: 1, max: 8 }).map((ms) => ({ _tag: "Wait" as const, ms }))
)
type Step = typeof stepOf extends fc.Arbitrary<infer A> ? A : never

const live = fc
  .record({
    documents: Model.documents,
    ends: fc.array(until, { minLength: 90, maxLength: 90 }),
    indexes: Model.indexes,
    limit: fc.integer({ min: 1, max: 7 }),
    query: Model.query,
    steps: fc.array(stepOf, { minLength: 10, maxLength: 60, size: "max" })
  })
  .map(({ documents, ends, ...asked }) => ({
    ...asked,
    documents: documents.map((document, at) => ending(document, ends[at]))
  }))

describe("live pages", () => {
  it("[ST14] a live cursor gives every document that stays as it is exactly once", () => {
    fc.assert(
      fc.property(live, ({ documents, indexes, limit, query, steps }) => {
        const first = collectionOf(documents, indexes, { expires: "until" })
        const found: Array<Document> = []
        const touched = new Set<string>()
        let collection = first
        let timeMs = 0
        let resume: Resume | undefined
        // What follows the steps reads to the end.
        const rest = Array.from({ length: 200 }, (): Step => ({ _tag: "Read" }))
        for (const step of [...steps, ...rest]) {
          if (step._tag === "Wait") timeMs += step.ms
          else if (step._tag !== "Read") collection = change(collection, step, touched)
          else {
            const page = readPage(stateOf(collection, timeMs), query, { limit, resume })
            found.push(...page.found.map(({ document }) => document as Document))
            resume = page.next
            if (resume === undefined) break
          }
        }
        assert.strictEqual(resume, undefined)
        const order = Model.naiveOrder(query.sort ?? [])
        for (let at = 1; at < found.length; at += 1)
          assert.isBelow(order(found[at - 1]!, found[at]!), 0)
        const isStill = (document: Document) =>
          !touched.has(document["_id"]) && !isDue(document, timeMs)
        const expected = naive(contents(first), query).filter(isStill)
        assert.deepStrictEqual(found.filter(isStill), expected)
      }),
      { numRuns: Model.runs(250) }
    )
  }, 600_000)

  it("[ST15] the pages of one state are one read of it, whatever the budget", () => {
    fc.assert(
      fc.property(live, fc.integer({ min: 1, max: 9 }), (asked, budget) => {
        const { documents, indexes, limit, query } = asked
        const state = stateOf(collectionOf(documents, indexes), 10)
        const one = readPage(state, query, { limit: Limits.pageMax })
        assert.strictEqual(one.next, undefined)
        assert.deepStrictEqual<unknown>(
          readAll(state, query, limit, budget),
          one.found.map(({ document }) => document)
        )
      }),
      { numRuns: Model.runs(80) }
    )
  }, 600_000)

  it("[ST17] nobody sees a document that has expired", () => {
    fc.assert(
      fc.property(live, fc.nat({ max: 40 }), ({ documents, indexes, limit, query }, timeMs) => {
        const collection = collectionOf(documents, indexes, { expires: "until" })
        const state = stateOf(collection, timeMs)
        const fresh = contents(collection).filter((document) => !isDue(document, timeMs))
        const expected = naive(fresh, query)
        const total = (asked: Query) => finish(count(state, asked))
        assert.deepStrictEqual<unknown>(readAll(state, query, limit), expected)
        assert.deepStrictEqual(total(query), { _tag: "Counted", count: expected.length })
        const all = total({ collection: "things" })
        assert.deepStrictEqual(all, { _tag: "Counted", count: fresh.length })
        const explained = finish(explain(state, query))
        assert.ok(explained._tag === "Explanation")
        assert.strictEqual(explained.explained.matched, expected.length)
        const found = Model.findAll(collection, query.filter ?? {}, timeMs)
        assert.deepStrictEqual(found, naive(fresh, { ...query, sort: [] }))
        for (const document of contents(collection)) {
          const got = get(state, "things", document["_id"])
          assert.ok(got._tag === "Got")
          assert.strictEqual(
            got.stored?.document,
            fresh.find((each) => each === document)
          )
        }
      }),
      { numRuns: Model.runs(80) }
    )
  }, 600_000)
})

function ending(document: Document, ends: Value | undefined): Document {
  return ends === undefined ? document : { ...document, until: ends }
}

const isDue = ({ until: ends }: Document, timeMs: number) =>
  isDate(ends) && ends.getTime() <= timeMs

const change = (
  collection: Collection,
  step: Exclude<Step, { readonly _tag: "Read" | "Wait" }>,
  touched: Set<string>
): Collection => {
  switch (step._tag) {
    case "Put":
      touched.add(step.document["_id"])
      return Model.put(collection, step.document) ?? collection
    case "Take":
      touched.add(step.id)
      return Collections.take(collection, step.id, Tree.makeEdit())
    case "Create": {
      const name = `${step.name}-${touched.size}`
      const made = Collections.withIndex(collection, { name, keys: step.keys, unique: false })
      return made._tag === "Put" ? made.collection : collection
    }
    case "Drop": {
      const own = Collections.ownIndexes(collection)
      const gone = own[step.at % own.length]
      return gone === undefined ? collection : Collections.withoutIndex(collection, gone.name)
    }
  }
}
