import { assert, describe, it } from "@effect/vitest"
import type { Plan, Query } from "../../src/query/Query.ts"
import { explain } from "../../src/query/Tally.ts"
import { date } from "../../src/value/Compare.ts"
import type { Document, Fields } from "../../src/value/Value.ts"
import { collectionOf, finish, stateOf } from "./model.ts"

/** `tags` is `multi`, since documents have arrays there; the others are not. */
const state = stateOf(
  collectionOf(
    Array.from({ length: 40 }, (_, n): Document => ({
      _id: `p${String(n).padStart(2, "0")}`,
      age: n % 10,
      name: `name ${n % 4}`,
      born: date(n),
      tags: [`t${n % 5}`, `u${n % 3}`]
    })),
    ["age,name", "age", "born", "name,born", "tags"].map((keys) => ({
      name: keys.replace(",", "-"),
      keys: keys.split(","),
      unique: false
    }))
  )
)

type Case = [
  query: Omit<Query, "collection">,
  plan: [Plan["_tag"], Plan["index"], sorted: boolean, ...bounds: Array<string>],
  scanned: number,
  matched: number
]

const cases: ReadonlyArray<Case> = [
  // By id.
  [{}, ["Scan", undefined, true], 40, 40],
  [{ sort: [["_id", -1]] }, ["Scan", undefined, true], 40, 40],
  [{ filter: { _id: "p07" } }, ["Primary", "_id", true, '_id = "p07"'], 1, 1],
  [{ filter: { _id: "p07", age: 7 } }, ["Primary", "_id", true, '_id = "p07"'], 1, 1],
  [
    { filter: { _id: { $in: ["p09", "p07", 1, "p07"] } } },
    ["Primary", "_id", true, '_id = "p07"', '_id = "p09"'],
    2,
    2
  ],
  [
    { filter: { _id: { $gt: "p02", $lte: "p05" } } },
    ["Primary", "_id", true, '_id > "p02", _id <= "p05"'],
    3,
    3
  ],
  [
    { filter: { _id: { $prefix: "p1" } }, sort: [["name", 1]] },
    ["Primary", "_id", false, '_id starts with "p1"'],
    10,
    10
  ],
  // What nothing can match.
  [{ filter: { _id: 7 } }, ["Nothing", undefined, true], 0, 0],
  [{ filter: { other: { $in: [] } } }, ["Nothing", undefined, true], 0, 0],
  // As many leading paths as have points, then a range; by name among equals.
  [{ filter: { age: 3 } }, ["Index", "age", true, "age = 3"], 4, 4],
  [
    { filter: { age: 3, name: "name 1" } },
    ["Index", "age-name", true, 'age = 3, name = "name 1"'],
    2,
    2
  ],
  [
    { filter: { age: 3, name: { $gt: "name 1" } } },
    ["Index", "age-name", false, 'age = 3, name > "name 1"'],
    2,
    2
  ],
  [{ filter: { age: { $gte: 8 } } }, ["Index", "age", false, "age >= 8"], 8, 8],
  [{ filter: { age: { $gt: 2, $lt: 5 } } }, ["Index", "age", false, "age > 2, age < 5"], 8, 8],
  [{ filter: { age: { $gt: "2" } } }, ["Index", "age", false, 'age > "2"'], 0, 0],
  [{ filter: { born: { $lt: date(4) } } }, ["Index", "born", false, 'born < {"$date":4}'], 4, 4],
  [
    { filter: { age: { $in: [2, 1] }, name: "name 1" } },
    ["Index", "age-name", false, 'age = 1, name = "name 1"', 'age = 2, name = "name 1"'],
    2,
    2
  ],
  [
    { filter: { name: "name 1", born: { $gt: date(30) } } },
    ["Index", "name-born", false, 'name = "name 1", born > {"$date":30}'],
    2,
    2
  ],
  // An index that gives the sort, too, among equals.
  [{ filter: { age: 3 }, sort: [["name", 1]] }, ["Index", "age-name", true, "age = 3"], 4, 4],
  [
    {
      filter: { age: 3 },
      sort: [
        ["age", 1],
        ["name", -1]
      ]
    },
    ["Index", "age-name", true, "age = 3"],
    4,
    4
  ],
  [{ filter: { age: { $gt: 7 } }, sort: [["age", -1]] }, ["Index", "age", true, "age > 7"], 8, 8],
  [{ filter: { age: { $gt: 7 } }, sort: [["name", 1]] }, ["Index", "age", false, "age > 7"], 8, 8],
  [
    { filter: { age: { $in: [7, 8] } }, sort: [["age", -1]] },
    ["Index", "age", true, "age = 7", "age = 8"],
    8,
    8
  ],
  [{ sort: [["born", -1]] }, ["Index", "born", true, "all"], 40, 40],
  [
    {
      sort: [
        ["age", 1],
        ["name", -1]
      ]
    },
    ["Scan", undefined, false],
    40,
    40
  ],
  [{ sort: [["tags", 1]] }, ["Scan", undefined, false], 40, 40],
  // One bound, and every entry of a document, where there are arrays.
  [{ filter: { tags: "t1" } }, ["Index", "tags", false, 'tags = "t1"'], 8, 8],
  [
    { filter: { tags: { $in: ["t1", "u1"] } } },
    ["Index", "tags", false, 'tags = "t1"', 'tags = "u1"'],
    21,
    18
  ],
  [{ filter: { tags: { $all: ["u1", "t1"] } } }, ["Index", "tags", false, 'tags = "u1"'], 13, 3],
  [{ filter: { tags: { $gt: "u1", $lt: "t1" } } }, ["Index", "tags", false, 'tags > "u1"'], 13, 3],
  [
    { filter: { tags: { $gte: "t1", $prefix: "u" } } },
    ["Index", "tags", false, 'tags starts with "u"'],
    40,
    40
  ],
  // What an index cannot tell.
  [{ filter: { age: { $ne: 3 } } }, ["Scan", undefined, true], 40, 36],
  [{ filter: { age: { $not: { $gt: 3 } } } }, ["Scan", undefined, true], 40, 16],
  [{ filter: { age: { $exists: false } } }, ["Scan", undefined, true], 40, 0],
  [{ filter: { $or: [{ age: 1 }, { age: 2 }] } }, ["Scan", undefined, true], 40, 8],
  [{ filter: { name: { $type: "string" } } }, ["Scan", undefined, true], 40, 40],
  [{ filter: { other: null } }, ["Scan", undefined, true], 40, 40],
  [{ filter: { age: null } }, ["Index", "age", true, "age = null"], 0, 0]
]

describe("explain", () => {
  it.each(cases)("%j", (query, [tag, index, sorted, ...bounds], scanned, matched) => {
    const explanation = finish(explain(state, { collection: "things", ...query }))
    assert.ok(explanation._tag === "Explanation")
    const named = index === undefined ? {} : { index }
    const expected = { _tag: tag, ...named, bounds, sorted, scanned, matched }
    assert.deepStrictEqual(explanation.explained, expected)
  })

  it("a list of more than 100 values is no reason to read an index", () => {
    const $in = Array.from({ length: 101 }, (_, n) => n)
    assert.strictEqual(tagOf({ age: { $in } }), "Scan")
    assert.strictEqual(tagOf({ age: { $in: $in.slice(1) } }), "Index")
    assert.strictEqual(tagOf({ _id: { $in: $in.map(String) } }), "Primary")
  })
})

const tagOf = (filter: Fields) => {
  const found = finish(explain(state, { collection: "things", filter }))
  return found._tag === "Explanation" ? found.explained._tag : found._tag
}
