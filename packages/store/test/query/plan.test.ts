import { assert, describe, it } from "@effect/vitest"
import * as fc from "fast-check"
import { count, explain } from "../../src/query/Tally.ts"
import * as Model from "./model.ts"

const { collectionOf, contents, finish, naive, readAll, stateOf, withoutIndexes } = Model

const asked = fc.record({
  documents: Model.documents,
  indexes: Model.indexes,
  queries: Model.queries,
  limit: fc.integer({ min: 1, max: 7 }),
  budget: fc.integer({ min: 1, max: 9 })
})

describe("plan", () => {
  it("[ST11] an index gives what a scan gives, and what a naive reader gives", () => {
    fc.assert(
      fc.property(asked, ({ budget, documents, indexes, limit, queries }) => {
        const collection = collectionOf(documents, indexes)
        const state = stateOf(collection)
        const bare = stateOf(withoutIndexes(collection))
        for (const query of queries) {
          const expected = naive(contents(collection), query)
          assert.deepStrictEqual<unknown>(readAll(state, query, limit, budget), expected)
          assert.deepStrictEqual<unknown>(readAll(bare, query, limit), expected)
          const counted = finish(count(state, query), budget)
          assert.deepStrictEqual<unknown>(counted, { _tag: "Counted", count: expected.length })
          const explained = finish(explain(state, query), budget)
          assert.ok(
            explained._tag === "Explanation" && explained.explained.matched === expected.length
          )
        }
      }),
      { numRuns: Model.runs(120) }
    )
  }, 600_000)

  it("[ST11] a command finds the documents of the lowest ids first, by whatever index", () => {
    fc.assert(
      fc.property(asked, ({ documents, indexes, queries }) => {
        const collection = collectionOf(documents, indexes)
        for (const query of queries) {
          const expected = naive(contents(collection), { ...query, sort: [] })
          assert.deepStrictEqual(Model.findAll(collection, query.filter ?? {}), expected)
        }
      }),
      { numRuns: Model.runs(40) }
    )
  }, 600_000)
})
