import { assert, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as CanonicalJson from "../../src/database/pure/CanonicalJson.ts"
import * as Crc32c from "../../src/database/pure/Crc32c.ts"
import { text } from "./model.ts"

const often = { arbitrary: { runs: 500 } }

it.prop(
  "[DB8] the canonical text is JSON with sorted keys, or the value is refused",
  { value: Schema.Json },
  ({ value }) => {
    const canonical = CanonicalJson.of(value)
    if (canonical._tag === "Issue") {
      assert.match(canonical.issue, /__proto__|half of a character/)
      return
    }
    assert.strictEqual(text(JSON.parse(canonical.text)), text(value))
    assert.deepStrictEqual(CanonicalJson.of(JSON.parse(canonical.text)), canonical)
    const bytes = new TextEncoder().encode(canonical.text).length
    assert.strictEqual(CanonicalJson.utf8Bytes(canonical.text), bytes)
    assert.isTrue(CanonicalJson.equals(value, JSON.parse(canonical.text)))
  },
  often
)

it.prop(
  "[DB8] values are equal when their canonical texts are",
  { one: Schema.Json, two: Schema.Json },
  ({ one, two }) => {
    const [a, b] = [CanonicalJson.of(one), CanonicalJson.of(two)]
    if (a._tag === "Issue" || b._tag === "Issue") return
    assert.strictEqual(CanonicalJson.equals(one, two), a.text === b.text)
  },
  often
)

it("[DB8] key order is not data, and order in an array is", () => {
  assert.isTrue(CanonicalJson.equals({ a: 1, b: [{ c: 1, d: 2 }] }, { b: [{ d: 2, c: 1 }], a: 1 }))
  assert.isFalse(CanonicalJson.equals([1, 2], [2, 1]))
  assert.isFalse(CanonicalJson.equals({ a: 1 }, { a: 1, b: 1 }))
  assert.isFalse(CanonicalJson.equals({ 0: 1 }, [1]))
  assert.isFalse(CanonicalJson.equals(JSON.parse(`{"__proto__":1}`), { a: 1 }))
})

it.prop(
  "[DB11] a text is well-formed when UTF-8 keeps it",
  { text: Schema.String, unit: Schema.Literals([0xd800, 0xdbff, 0xdc00, 0xdfff, 0x61]) },
  ({ text, unit }) => {
    for (const tried of [text, text + String.fromCharCode(unit), String.fromCharCode(unit) + text])
      assert.strictEqual(
        CanonicalJson.isWellFormed(tried),
        new TextDecoder().decode(new TextEncoder().encode(`.${tried}`)) === `.${tried}`
      )
  },
  often
)

it("[DB11] an issue names the place", () => {
  assert.deepStrictEqual(CanonicalJson.of({ a: [1, { b: NaN }] }), {
    _tag: "Issue",
    issue: "a number that is not finite at .a[1].b"
  })
})

it("[DB6] the checksum is the published CRC-32C", () => {
  assert.strictEqual(Crc32c.of(new TextEncoder().encode("123456789")), 0xe3069283)
})
