import { assert, describe, it } from "@effect/vitest"
import type { Query } from "../../src/query/Query.ts"
import * as Sort from "../../src/query/Sort.ts"
import { date } from "../../src/value/Compare.ts"
import type { Document, Value } from "../../src/value/Value.ts"

type By = NonNullable<Query["sort"]>

const parsed = (by: By) => {
  const sort = Sort.parse(by)
  assert.ok(sort._tag === "Sort")
  return sort
}

const sorted = (documents: ReadonlyArray<Document>, ...by: By) => {
  const sort = parsed(by)
  return documents
    .toSorted((a, b) => Sort.compare(sort, Sort.positionOf(sort, a), Sort.positionOf(sort, b)))
    .map((document) => document["_id"])
    .join(" ")
}

const having = (values: Record<string, Value>) =>
  Object.entries(values).map(([_id, a]): Document => ({ _id, a }))

describe("a sort", () => {
  it("is by type first, then by value; what is missing is null", () => {
    const all = having({
      date: date(0),
      yes: true,
      no: false,
      bytes: new Uint8Array(),
      object: {},
      b: "b",
      a: "a",
      ten: 10,
      nine: 9,
      null: null
    })
    const order = "missing null nine ten a b object bytes no yes date"
    assert.strictEqual(sorted([...all, { _id: "missing" }], ["a", 1]), order)
    assert.strictEqual(
      sorted([...all, { _id: "missing" }], ["a", -1]),
      order.split(" ").toReversed().join(" ")
    )
  })

  it("takes the least of several values going up, and the greatest going down", () => {
    const all = having({ two: 2, "one or four": [1, 4], "3": [3], none: [] })
    assert.strictEqual(sorted(all, ["a", 1]), "none one or four two 3")
    assert.strictEqual(sorted(all, ["a", -1]), "one or four 3 two none")
    const inside = having({ x: [{ b: 5 }, { b: [0, 9] }], y: [{ b: 4 }], z: [{ b: 8 }, {}] })
    assert.strictEqual(sorted(inside, ["a.b", 1]), "z x y")
    assert.strictEqual(sorted(inside, ["a.b", -1]), "x z y")
  })

  it("has `_id` decide between equals, in the direction of the last path", () => {
    const all: ReadonlyArray<Document> = [
      { _id: "1", a: 1, b: 2 },
      { _id: "2", a: 1, b: 2 },
      { _id: "3", a: 1, b: 1 },
      { _id: "4", a: 0, b: 1 }
    ]
    assert.strictEqual(sorted(all), "1 2 3 4")
    assert.strictEqual(sorted(all, ["a", 1]), "4 1 2 3")
    assert.strictEqual(sorted(all, ["a", -1]), "3 2 1 4")
    assert.strictEqual(sorted(all, ["a", -1], ["b", 1]), "3 1 2 4")
    assert.strictEqual(sorted(all, ["a", 1], ["b", -1]), "4 2 1 3")
    assert.strictEqual(sorted(all, ["a", -1], ["_id", 1], ["b", -1]), "1 2 3 4")
  })

  it("is refused where it breaks the rules, with the place", () => {
    assert.deepStrictEqual(refused(["a", 1], ["b.$c", 1])[0], "sort[1]")
    assert.deepStrictEqual(refused(["a", 1], ["a", -1]), ["sort[1]", "the path is given twice"])
    const many = [..."abcdefghi"].map((name): By[number] => [name, 1])
    assert.deepStrictEqual(refused(...many), ["sort", "a sort has at most 8 paths"])
    assert.deepStrictEqual(refused(...many.slice(1)), [])
  })
})

const refused = (...by: By) => {
  const sort = Sort.parse(by)
  return sort._tag === "InvalidQuery" ? [sort.path, sort.issue] : []
}
