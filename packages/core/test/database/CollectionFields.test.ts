import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { difference, namesOf, schemaAt } from "../../src/database/internal/schemaFields.ts"
import type { Fields } from "@distri/store/value/Value"

interface Tree {
  readonly value: number
  readonly nodes: ReadonlyArray<Tree>
}
const Tree = Schema.Struct({
  value: Schema.Number,
  nodes: Schema.Array(Schema.suspend((): Schema.Codec<Tree> => Tree))
})

class Named extends Schema.Class<Named>("Named")({ count: Schema.FiniteFromString }) {}

const document = Schema.Struct({
  _id: Schema.String,
  age: Schema.Int,
  tree: Tree,
  named: Schema.optional(Named),
  either: Schema.Union([
    Schema.Struct({ a: Schema.String, both: Schema.String }),
    Schema.Struct({ b: Schema.String, both: Schema.Number })
  ]),
  pair: Schema.Tuple([Schema.String, Schema.Number]),
  counts: Schema.Record(Schema.String, Schema.Number),
  long: Schema.String
}).pipe(Schema.encodeKeys({ long: "l" }))

it.effect.each([
  ["age", 1, "1"],
  ["tree.value", 1, "1"],
  ["tree.nodes.7.nodes.0.value", 1, "1"],
  ["tree.nodes", [{ value: 1, nodes: [] }], [{ value: 1 }]],
  ["named", { count: "1" }, { count: 1 }],
  ["named.count", "1", 1],
  ["either.a", "x", 1],
  ["either.both", 1, true],
  ["either.both", "x", null],
  ["pair.0", "x", 1],
  ["pair.1", 1, "x"],
  ["counts.any", 1, "x"],
  ["l", "x", 1]
] as const)("the schema at %s takes what may stand there, and nothing else", ([path, fits, not]) =>
  Effect.gen(function* () {
    const field = schemaAt(document.ast, path)!
    yield* Schema.decodeUnknownEffect(field)(fits)
    yield* Effect.flip(Schema.decodeUnknownEffect(field)(not))
  })
)

it("nothing is told of a path that leads nowhere", () => {
  for (const path of ["no", "age.no", "pair.2", "long", "tree.nodes.0.no", "either.c"])
    assert.isUndefined(schemaAt(document.ast, path), path)
})

const Nested = Schema.Struct({
  _id: Schema.String,
  inner: Schema.optional(Schema.Struct({ a: Schema.Number, b: Schema.optionalKey(Schema.Number) })),
  loose: Schema.Struct({ c: Schema.optionalKey(Schema.Number) }),
  maybe: Schema.NullOr(Schema.Struct({ d: Schema.Number })),
  constructor: Schema.optionalKey(Schema.String)
})

it.each<[Fields, Fields, ReadonlyArray<string>]>([
  // Inside an object, only what the schema names.
  [
    { inner: { a: 1 }, loose: { c: 2 }, maybe: null },
    { "inner.a": 1, "loose.c": 2, maybe: null },
    ["inner.b", "constructor"]
  ],
  // An object in which nothing is set would not come to be.
  [{ loose: {}, maybe: { d: 1 } }, { loose: {}, maybe: { d: 1 } }, ["inner", "constructor"]],
  [
    { inner: { a: 1, b: 2 }, loose: {}, maybe: null, constructor: "x" } as Fields,
    { "inner.a": 1, "inner.b": 2, loose: {}, maybe: null, constructor: "x" } as Fields,
    []
  ]
])("a replacement by %j names its fields", (fields, set, unset) => {
  const names = namesOf(Nested.ast)!
  assert.deepInclude(difference(names, { _id: "a", ...fields }), { set, unset })
})

it("an object that becomes empty is set, unless what is stored there has other fields", () => {
  const names = namesOf(Nested.ast)!
  const fields = { loose: {}, maybe: null }
  const gone = ["inner", "constructor"]
  for (const stored of [undefined, {}, { loose: "text" }, { loose: { c: 1 } }]) {
    const found = difference(names, fields, { stored })
    assert.deepStrictEqual(found, { set: fields, unset: gone, inside: [], empties: true })
  }
  assert.deepStrictEqual(difference(names, fields, { stored: { loose: { later: 1 } } }), {
    set: { maybe: null },
    unset: ["inner", "loose.c", "constructor"],
    inside: ["loose"],
    empties: false
  })
})

it("an object that is replaced as a whole is set by itself", () => {
  const fields = { inner: { a: 1 }, loose: { c: 2 }, maybe: null }
  assert.deepStrictEqual(difference(namesOf(Nested.ast)!, fields, { whole: ["inner"] }), {
    set: { inner: { a: 1 }, "loose.c": 2, maybe: null },
    unset: ["constructor"],
    inside: ["loose"],
    empties: false
  })
})

it("a schema that names everything leaves nothing to keep", () => {
  const rest = [Schema.Record(Schema.String, Schema.Number)] as const
  assert.isUndefined(namesOf(Schema.StructWithRest(Schema.Struct({ a: Schema.Number }), rest).ast))
})

it("names with a dot are no paths", () => {
  assert.isUndefined(namesOf(Schema.Struct({ _id: Schema.String, "a.b": Schema.String }).ast))
})

it("a union names what any of its members does", () => {
  const union = Schema.Union([
    Schema.Struct({
      a: Schema.Number,
      both: Schema.Struct({ x: Schema.Number, z: Schema.Number })
    }),
    Schema.Struct({ b: Schema.Number, both: Schema.Struct({ z: Schema.Number }) })
  ])
  assert.deepInclude(difference(namesOf(union.ast)!, { a: 1, both: { x: 1, z: 2 } }), {
    set: { a: 1, both: { x: 1, z: 2 } },
    unset: ["b"]
  })
})
