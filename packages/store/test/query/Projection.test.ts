import { assert, describe, it } from "@effect/vitest"
import { parse } from "../../src/query/Projection.ts"
import type { Query } from "../../src/query/Query.ts"
import type { Fields } from "../../src/value/Value.ts"

const document: Fields = {
  _id: "1",
  name: "Ada",
  address: { city: "London", lines: ["a", "b"], geo: { lat: 1, lon: 2 } },
  pets: [{ name: "Rex", age: 3 }, 7, { age: 4 }, [{ name: "in an array in an array" }]],
  none: null
}

const project = (projection: NonNullable<Query["projection"]>) => {
  const parsed = parse(projection)
  return parsed._tag === "Projection" ? parsed.project(document) : parsed
}

const include = (...paths: ReadonlyArray<string>) => project({ include: paths })
const exclude = (...paths: ReadonlyArray<string>) => project({ exclude: paths })

describe("include", () => {
  it("keeps what is named, and `_id`", () => {
    assert.deepStrictEqual<unknown>(include("name", "missing"), { _id: "1", name: "Ada" })
    assert.deepStrictEqual<unknown>(include(), { _id: "1" })
    assert.deepStrictEqual<unknown>(include("_id", "none"), { _id: "1", none: null })
  })

  it("keeps parts of objects, in the order in which they stand", () => {
    assert.deepStrictEqual<unknown>(include("address.geo.lat", "address.city"), {
      _id: "1",
      address: { city: "London", geo: { lat: 1 } }
    })
    assert.deepStrictEqual<unknown>(include("address.missing"), { _id: "1", address: {} })
    assert.deepStrictEqual<unknown>(include("name.first"), { _id: "1" })
  })

  it("keeps, of an array, parts of the objects in it", () => {
    const pets = [{ name: "Rex" }, {}]
    assert.deepStrictEqual<unknown>(include("pets.name"), { _id: "1", pets })
    assert.deepStrictEqual<unknown>(include("pets.0"), { _id: "1", pets: [{}, {}] })
  })
})

describe("exclude", () => {
  it("leaves out what is named", () => {
    const { name: _name, none: _none, ...rest } = document
    assert.deepStrictEqual<unknown>(exclude("name", "none", "missing"), rest)
    assert.deepStrictEqual<unknown>(exclude(), document)
    assert.deepStrictEqual<unknown>(exclude("name.first", "pets.0", "none.x"), document)
  })

  it("leaves out parts of objects, and of objects in arrays", () => {
    assert.deepStrictEqual<unknown>(exclude("address.geo", "address.lines", "pets.age"), {
      ...document,
      address: { city: "London" },
      pets: [{ name: "Rex" }, 7, {}, [{ name: "in an array in an array" }]]
    })
  })
})

describe("a projection", () => {
  it("is refused where it contradicts itself or the rules, with the place", () => {
    assert.deepStrictEqual(refused({ include: ["a", "a.b"] }), [
      "projection.include[1]",
      "a path before it covers this one"
    ])
    assert.deepStrictEqual(refused({ exclude: ["a.b.c", "a.b"] }), [
      "projection.exclude[1]",
      "it covers a path before it"
    ])
    assert.deepStrictEqual(refused({ exclude: ["_id"] }), [
      "projection.exclude[0]",
      "_id always stays"
    ])
    assert.deepStrictEqual(refused({ include: ["b", "__proto__.a"] })[0], "projection.include[1]")
    const many = Array.from({ length: 201 }, (_, n) => `f${n}`)
    assert.deepStrictEqual(refused({ include: many })[0], "projection.include")
    assert.deepStrictEqual(refused({ include: many.slice(1) }), [])
  })

  it("leaves the document as it was, and takes inherited names for plain ones", () => {
    const before = structuredClone(document)
    include("pets.name", "constructor.name", "toString")
    exclude("pets.name", "constructor.name", "toString")
    assert.deepStrictEqual(document, before)
    assert.deepStrictEqual<unknown>(include("constructor"), { _id: "1" })
  })
})

const refused = (projection: NonNullable<Query["projection"]>) => {
  const parsed = parse(projection)
  return parsed._tag === "InvalidQuery" ? [parsed.path, parsed.issue] : []
}
